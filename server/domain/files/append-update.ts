import * as Y from "yjs";
import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { log } from "@/server/log";
import { applyChecked, checkReload, checkText, checkUpdateSize } from "./check-update";
import { compactDoc } from "./compact-doc";
import { putDoc } from "./doc-cache";
import { afterStore, docOf, type NewUpdate, storeUpdates, touchProject } from "./store-updates";
import { checkEpoch, lockFile } from "./locked-file";
import type { FileRow } from "./types";

export type AppendInput = { fileId: string; epoch: number; update: Uint8Array; userId: string | null };

type Waiting = { ctx: Ctx; input: AppendInput; done: (result: { seq: number }) => void; fail: (error: unknown) => void };

/** Updates that wait for the commit before theirs; one commit takes all that gathered meanwhile. */
const queues = new Map<string, Waiting[]>();
const batchMax = 256;
/** A full encode and reload costs as much as the document is large: each time for small ones, now and then for large ones. */
const reloadEachBelowBytes = 32 * 1024;
const reloadEvery = 64n;
const compactEvery = 200n;

/**
 * Stores one update of a file's document; resolves after the commit, so that its author's "saved" may follow.
 * The update is tried on a copy first, and refused when it cannot be applied, builds on what is not stored, or makes the
 * text too large.
 *
 * @throws DomainError `invalid`, `conflict` (another epoch, missing changes), `too_large`, `not_found`, `forbidden`.
 */
export function appendUpdate(ctx: Ctx, input: AppendInput): Promise<{ seq: number }> {
  return new Promise((done, fail) => {
    requireAccess(ctx, "edit");
    checkUpdateSize(input.update);
    const key = `${ctx.workspaceId}/${input.fileId}`;
    const waiting: Waiting = { ctx, input, done, fail };
    const queue = queues.get(key);
    if (queue) queue.push(waiting);
    else {
      queues.set(key, [waiting]);
      void drain(key);
    }
  });
}

/** Several updates in their order, in as few commits as may be. Rejects with the first refusal; those before it are stored. */
export async function appendUpdates(ctx: Ctx, input: { fileId: string; epoch: number; updates: NewUpdate[] }): Promise<{ seq: number }> {
  const results = await Promise.allSettled(
    input.updates.map((u) => appendUpdate(ctx, { fileId: input.fileId, epoch: input.epoch, update: u.bytes, userId: u.userId })),
  );
  let seq = 0;
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    seq = Math.max(seq, result.value.seq);
  }
  return { seq };
}

async function drain(key: string) {
  for (;;) {
    const queue = queues.get(key);
    if (!queue || queue.length === 0) {
      queues.delete(key);
      return;
    }
    const batch = queue.splice(0, batchMax);
    const first = batch[0];
    if (!first) continue;
    try {
      await storeBatch(first.ctx, first.input.fileId, batch);
    } catch (error) {
      for (const w of batch) w.fail(error);
    }
  }
}

async function storeBatch(ctx: Ctx, fileId: string, batch: Waiting[]) {
  const refused = new Map<Waiting, unknown>();
  const accepted: Waiting[] = [];
  const result = await inTransaction(ctx.sql, async (client) => {
    // A retried transaction begins anew.
    refused.clear();
    accepted.length = 0;
    const row = await lockFile(client, ctx, fileId);
    const fitting = batch.filter((w) => {
      try {
        checkEpoch(row, w.input.epoch);
        return true;
      } catch (error) {
        refused.set(w, error);
        return false;
      }
    });
    if (fitting.length === 0) return null;
    const tried = await tryUpdates(() => docOf(client, ctx, row), row, fitting, refused);
    accepted.push(...tried.accepted);
    if (accepted.length === 0) return { row, after: row, doc: tried.doc };
    const updates = accepted.map((w) => ({ bytes: w.input.update, userId: w.input.userId }));
    const after = await storeUpdates(client, ctx, row, { updates, text: tried.text });
    return { row, after, doc: tried.doc };
  });
  if (result) {
    if (accepted.length > 0) {
      afterStore(ctx, result.row, result.after, result.doc);
      touchSometimes(ctx, result.row.projectId);
    } else putDoc(result.row, result.doc);
    for (const [i, w] of accepted.entries()) w.done({ seq: Number(result.row.seq) + i + 1 });
    if (result.row.seq / compactEvery !== result.after.seq / compactEvery) compactSoon(ctx, fileId);
  }
  for (const [w, error] of refused) {
    log.info({ fileId, error: String(error) }, "an edit was refused");
    w.fail(error);
  }
}

/** Applies what can be applied, in order. A refused update spoils the copy, so the copy is made again without it. */
async function tryUpdates(load: () => Promise<Y.Doc>, row: FileRow, batch: Waiting[], refused: Map<Waiting, unknown>) {
  let doc = await load();
  let good: Waiting[] = [];
  let text = checkText(doc);
  const again = async () => {
    doc.destroy();
    doc = await load();
    for (const w of good) Y.applyUpdate(doc, w.input.update);
  };
  for (const w of batch) {
    try {
      applyChecked(doc, w.input.update);
      good.push(w);
    } catch (error) {
      refused.set(w, error);
      await again();
    }
  }
  const next = row.seq + BigInt(good.length);
  const check = () => {
    const now = checkText(doc);
    if (now.length < reloadEachBelowBytes || row.seq / reloadEvery !== next / reloadEvery) checkReload(doc, now);
    return now;
  };
  if (good.length > 0) {
    try {
      text = check();
    } catch (error) {
      // Somebody in this batch went too far: one by one finds who.
      if (good.length === 1) {
        for (const w of good) refused.set(w, error);
        good = [];
      } else {
        const all = good;
        good = [];
        await again();
        for (const w of all) {
          try {
            Y.applyUpdate(doc, w.input.update);
            text = check();
            good.push(w);
          } catch (e) {
            refused.set(w, e);
            await again();
          }
        }
      }
      if (good.length === 0) await again();
    }
  }
  return { doc, text, accepted: good };
}

const touchedAtMs = new Map<string, number>();
const touchEveryMs = 10_000;

function touchSometimes(ctx: Ctx, projectId: string) {
  const now = ctx.now();
  if (now.getTime() - (touchedAtMs.get(projectId) ?? 0) < touchEveryMs) return;
  if (touchedAtMs.size > 1_000) touchedAtMs.clear();
  touchedAtMs.set(projectId, now.getTime());
  // Nothing depends on it; the next edit tries again.
  touchProject(ctx.sql, projectId, now).catch(() => touchedAtMs.delete(projectId));
}

const compacting = new Set<string>();

function compactSoon(ctx: Ctx, fileId: string) {
  if (compacting.has(fileId)) return;
  compacting.add(fileId);
  setTimeout(() => {
    void compactDoc(ctx, { fileId })
      .catch((error) => log.info({ fileId, error: String(error) }, "a document was not compacted; it is tried again later"))
      .finally(() => compacting.delete(fileId));
  }, 1_000).unref();
}
