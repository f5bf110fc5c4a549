import type pg from "pg";
import type * as Y from "yjs";
import type { Ctx } from "@/server/ctx";
import { putDoc, takeDoc } from "./doc-cache";
import { quarantine, readDoc } from "./doc-record";
import { announceFile } from "./announce-file";
import { sizeOfText } from "./text-bytes";
import type { FileRow } from "./types";

export type NewUpdate = { bytes: Uint8Array; userId: string | null };

/** The document in the state of its locked row, out of the cache or loaded. */
export async function docOf(client: pg.ClientBase, ctx: Ctx, row: FileRow): Promise<Y.Doc> {
  const cached = takeDoc(row);
  if (cached) return cached;
  const { doc, bad } = await readDoc(client, row);
  await quarantine(client, row, bad, ctx.now());
  return doc;
}

/**
 * Writes accepted updates and what follows from them (text, size, seq, time) under the row's lock; the caller commits, then
 * calls `afterStore`. Updates are numbered row.seq + 1 … row.seq + n.
 */
export async function storeUpdates(
  client: pg.ClientBase,
  ctx: Ctx,
  row: FileRow,
  change: { updates: NewUpdate[]; text: string; lineEnding?: "\n" | "\r\n"; hasBom?: boolean },
): Promise<FileRow> {
  const now = ctx.now();
  const lineEnding = change.lineEnding ?? row.lineEnding;
  const hasBom = change.hasBom ?? row.hasBom;
  const seq = row.seq + BigInt(change.updates.length);
  const sizeBytes = BigInt(sizeOfText(change.text, lineEnding, hasBom));
  // One round trip: the row and its updates stand or fall together anyway, the transaction is the caller's.
  await client.query(
    `WITH stored AS (
       INSERT INTO "FileUpdate" ("fileId", "epoch", "seq", "bytes", "userId", "createdAt")
       SELECT $1, $2, $3::bigint + u.n, u.bytes, u."userId", $4::timestamp
       FROM unnest($5::bytea[], $6::text[]) WITH ORDINALITY AS u(bytes, "userId", n))
     UPDATE "File" SET "text" = $7, "sizeBytes" = $8, "seq" = $9, "updatedAt" = $4::timestamp, "lineEnding" = $10, "hasBom" = $11 WHERE "id" = $1`,
    [
      row.id, row.epoch, row.seq, now.toISOString(),
      change.updates.map((u) => Buffer.from(u.bytes.buffer, u.bytes.byteOffset, u.bytes.byteLength)),
      change.updates.map((u) => u.userId),
      change.text, sizeBytes, seq, lineEnding, hasBom,
    ],
  );
  return { ...row, seq, sizeBytes, lineEnding, hasBom, updatedAt: now };
}

/** After the commit: the document goes back to the cache, and everybody hears of the change. */
export function afterStore(ctx: Ctx, before: FileRow, after: FileRow, doc: Y.Doc): void {
  putDoc(after, doc);
  announceFile(ctx, before, after);
}

/**
 * A project's time follows its files', some seconds behind: its row is not written for each keystroke. Whoever holds a file's
 * lock must hold the project's too, or call this after the commit: in the other order two writers would wait for each other.
 */
export async function touchProject(client: pg.ClientBase | pg.Pool, projectId: string, now: Date): Promise<void> {
  await client.query(`UPDATE "Project" SET "updatedAt" = $2::timestamp WHERE "id" = $1 AND "updatedAt" < $2::timestamp - interval '10 seconds'`, [
    projectId,
    now.toISOString(),
  ]);
}
