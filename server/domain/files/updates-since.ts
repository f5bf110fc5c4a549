import type { Ctx } from "@/server/ctx";
import { inSnapshot } from "./in-snapshot";
import { loadDoc, readRow } from "./load-doc";

export type UpdatesSince = {
  epoch: number;
  /** The number of the last update given; what to ask from next time. */
  seq: number;
  updates: Uint8Array[];
  /** The document was replaced: the caller's epoch is over, it must load anew and may not merge. */
  isReplaced: boolean;
};

/**
 * What was stored after a seq, in order. When those records were compacted away, one update with the whole state is given
 * instead, which merges the same.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
export async function updatesSince(ctx: Ctx, { fileId, epoch, seq }: { fileId: string; epoch: number; seq: number }): Promise<UpdatesSince> {
  const found = await inSnapshot(ctx.sql, async (client) => {
    const row = await readRow(client, ctx, fileId);
    if (row.kind !== "text" || row.epoch !== epoch) return { row, updates: null };
    const { rows } = await client.query<{ bytes: Buffer; isBad: boolean }>(
      `SELECT "bytes", "quarantinedAt" IS NOT NULL AS "isBad" FROM "FileUpdate" WHERE "fileId" = $1 AND "epoch" = $2 AND "seq" > $3 AND "seq" <= $4 ORDER BY "seq"`,
      [fileId, epoch, seq, row.seq],
    );
    return { row, updates: rows };
  });
  const { row, updates } = found;
  if (!updates) return { epoch: row.epoch, seq: Number(row.seq), updates: [], isReplaced: true };
  if (updates.length < Number(row.seq) - seq) {
    const loaded = await loadDoc(ctx, { fileId });
    if (loaded.epoch !== epoch) return { epoch: loaded.epoch, seq: loaded.seq, updates: [], isReplaced: true };
    return { epoch, seq: loaded.seq, updates: [loaded.state], isReplaced: false };
  }
  return { epoch, seq: Number(row.seq), updates: updates.filter((u) => !u.isBad).map((u) => u.bytes), isReplaced: false };
}
