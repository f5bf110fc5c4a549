import type pg from "pg";
import * as Y from "yjs";
import { DomainError } from "@/server/errors";
import { log } from "@/server/log";
import { dropPending, hasPending, newDoc } from "./doc-text";

type UpdateRecord = { seq: bigint; bytes: Buffer; isBad: boolean };

/**
 * The document as stored, up to a seq. A snapshot that cannot be read gives way to the one before it; a record that cannot
 * be applied is left out and named in `bad`, and the rest loads.
 *
 * @throws DomainError `conflict` when no stored state can be read at all: nothing may be written over it.
 */
export async function readDoc(client: pg.ClientBase, key: { id: string; epoch: number; seq: bigint }): Promise<{ doc: Y.Doc; bad: bigint[] }> {
  const snapshots = await client.query<{ seq: bigint; state: Buffer }>(
    `SELECT "seq", "state" FROM "FileSnapshot" WHERE "fileId" = $1 AND "epoch" = $2 AND "seq" <= $3 ORDER BY "seq" DESC LIMIT 3`,
    [key.id, key.epoch, key.seq],
  );
  for (const snapshot of snapshots.rows) {
    const base = tryState(snapshot.state);
    if (!base) {
      log.error({ fileId: key.id, seq: Number(snapshot.seq) }, "a document's snapshot cannot be read; the one before it is used");
      continue;
    }
    const updates = await client.query<UpdateRecord>(
      `SELECT "seq", "bytes", "quarantinedAt" IS NOT NULL AS "isBad" FROM "FileUpdate"
       WHERE "fileId" = $1 AND "epoch" = $2 AND "seq" > $3 AND "seq" <= $4 ORDER BY "seq"`,
      [key.id, key.epoch, snapshot.seq, key.seq],
    );
    if (updates.rows.length !== Number(key.seq - snapshot.seq)) {
      log.error({ fileId: key.id, from: Number(snapshot.seq), to: Number(key.seq), found: updates.rows.length }, "a document's updates have a gap");
    }
    const { doc, bad } = applyAll(base, snapshot.state, updates.rows.filter((u) => !u.isBad));
    return { doc, bad };
  }
  throw new DomainError("conflict", "This document's stored edits cannot be read, and nothing was written over them. Its last text can still be downloaded: delete the file, and upload that text again.");
}

function tryState(state: Uint8Array): Y.Doc | null {
  const doc = newDoc();
  try {
    Y.applyUpdate(doc, state);
    if (!hasPending(doc)) return doc;
  } catch {
    // Told apart by the null.
  }
  doc.destroy();
  return null;
}

/** Applies records in order. One that throws or needs what is not there is left out; a throw may leave half of itself behind, hence the rebuilding. */
function applyAll(first: Y.Doc, state: Uint8Array, records: UpdateRecord[]): { doc: Y.Doc; bad: bigint[] } {
  const bad = new Set<bigint>();
  let doc = first;
  for (;;) {
    let thrown: bigint | undefined;
    for (const { seq, bytes } of records) {
      if (bad.has(seq)) continue;
      try {
        Y.applyUpdate(doc, bytes);
      } catch {
        thrown = seq;
        break;
      }
      if (hasPending(doc)) {
        dropPending(doc);
        bad.add(seq);
      }
    }
    if (thrown === undefined) return { doc, bad: [...bad] };
    bad.add(thrown);
    doc.destroy();
    doc = newDoc();
    Y.applyUpdate(doc, state);
  }
}

/** Sets records aside: kept, and skipped from now on. */
export async function quarantine(client: pg.ClientBase | pg.Pool, key: { id: string; epoch: number }, bad: bigint[], now: Date): Promise<void> {
  if (bad.length === 0) return;
  log.error({ fileId: key.id, seqs: bad.map(Number) }, "records of a document cannot be applied and were set aside");
  await client.query(
    `UPDATE "FileUpdate" SET "quarantinedAt" = $4 WHERE "fileId" = $1 AND "epoch" = $2 AND "seq" = ANY($3::bigint[]) AND "quarantinedAt" IS NULL`,
    [key.id, key.epoch, bad.map(String), now.toISOString()],
  );
}
