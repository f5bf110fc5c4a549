import * as Y from "yjs";
import type { Ctx } from "@/server/ctx";
import { DomainError, notFound } from "@/server/errors";
import { peekDoc } from "./doc-cache";
import { quarantine, readDoc } from "./doc-record";
import { inSnapshot } from "./in-snapshot";
import { fileColumns, toFileRow } from "./locked-file";
import { requireProjectAccess } from "./require-project";
import type { FileRow } from "./types";
import type pg from "pg";

export type LoadedDoc = { epoch: number; seq: number; state: Uint8Array };

/**
 * The file's document as stored now. Records that cannot be applied are set aside, and the rest loads.
 *
 * @throws DomainError `not_found`, `forbidden`, `conflict` for a file that is no text or a document that cannot be read.
 */
export async function loadDoc(ctx: Ctx, { fileId }: { fileId: string }): Promise<LoadedDoc> {
  const found = await inSnapshot(ctx.sql, async (client) => {
    const row = await readRow(client, ctx, fileId);
    if (row.kind !== "text") throw new DomainError("conflict", `'${row.path}' is a binary file; it is shown and replaced whole.`);
    const cached = peekDoc(row);
    if (cached) return { row, state: Y.encodeStateAsUpdate(cached), bad: [] };
    const { doc, bad } = await readDoc(client, row);
    const state = Y.encodeStateAsUpdate(doc);
    doc.destroy();
    return { row, state, bad };
  });
  await quarantine(ctx.sql, found.row, found.bad, ctx.now());
  return { epoch: found.row.epoch, seq: Number(found.row.seq), state: found.state };
}

/** The row of a file that the actor may view. @throws DomainError `not_found`, `forbidden`. */
export async function readRow(client: pg.ClientBase | pg.Pool, ctx: Ctx, fileId: string): Promise<FileRow> {
  const { rows } = await client.query<Parameters<typeof toFileRow>[0]>(
    `SELECT ${fileColumns} FROM "File" f JOIN "Project" p ON p."id" = f."projectId"
     WHERE f."id" = $1 AND p."workspaceId" = $2 AND f."deletedAt" IS NULL AND p."deletedAt" IS NULL`,
    [fileId, ctx.workspaceId],
  );
  if (!rows[0]) throw notFound("file", fileId);
  requireProjectAccess(ctx, rows[0].projectId, "view");
  return toFileRow(rows[0]);
}
