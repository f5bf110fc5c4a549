import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { checkReload } from "./check-update";
import { putDoc } from "./doc-cache";
import { textOf } from "./doc-text";
import { lockFile } from "./locked-file";
import { docOf } from "./store-updates";

/** Snapshots kept; updates are kept back to the oldest of them, so that a damaged newest one costs nothing. */
const keptSnapshots = 2;

/**
 * Writes the document's whole state as a snapshot, proven to load, and removes the updates that older snapshots hold.
 * The snapshot before it stays, with every update since.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
export async function compactDoc(ctx: Ctx, { fileId }: { fileId: string }): Promise<{ seq: number }> {
  requireAccess(ctx, "edit");
  return inTransaction(ctx.sql, async (client) => {
    const row = await lockFile(client, ctx, fileId);
    if (row.kind !== "text") return { seq: Number(row.seq) };
    const doc = await docOf(client, ctx, row);
    const state = checkReload(doc, textOf(doc));
    await client.query(
      `INSERT INTO "FileSnapshot" ("fileId", "epoch", "seq", "state", "createdAt") VALUES ($1, $2, $3, $4, $5::timestamp) ON CONFLICT DO NOTHING`,
      [row.id, row.epoch, row.seq, Buffer.from(state), ctx.now().toISOString()],
    );
    await client.query(
      `WITH kept AS (SELECT "seq" FROM "FileSnapshot" WHERE "fileId" = $1 AND "epoch" = $2 ORDER BY "seq" DESC LIMIT $3),
         oldest AS (SELECT min("seq") AS "seq" FROM kept),
         gone AS (DELETE FROM "FileSnapshot" s USING oldest WHERE s."fileId" = $1 AND (s."epoch" < $2 OR (s."epoch" = $2 AND s."seq" < oldest."seq")))
       DELETE FROM "FileUpdate" u USING oldest WHERE u."fileId" = $1 AND u."quarantinedAt" IS NULL AND (u."epoch" < $2 OR (u."epoch" = $2 AND u."seq" <= oldest."seq"))`,
      [row.id, row.epoch, keptSnapshots],
    );
    // Reading changed nothing, so the copy is as good as before.
    putDoc(row, doc);
    return { seq: Number(row.seq) };
  });
}
