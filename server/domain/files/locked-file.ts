import type pg from "pg";
import type { Ctx } from "@/server/ctx";
import { DomainError, notFound } from "@/server/errors";
import type { FileRow } from "./types";

const columns = `f."id", f."projectId", f."path", f."kind", f."sizeBytes", f."blobKey", f."lineEnding", f."hasBom", f."isExecutable", f."epoch", f."seq", f."updatedAt", f."deletedAt"`;

type Raw = Omit<FileRow, "updatedAt" | "deletedAt"> & { updatedAtMs: number; deletedAtMs: number | null };
// The driver reads a timestamp without zone in the machine's zone; ours are UTC, so they come as numbers.
const times = `(extract(epoch from f."updatedAt") * 1000)::float8 AS "updatedAtMs", (extract(epoch from f."deletedAt") * 1000)::float8 AS "deletedAtMs"`;

export const fileColumns = `${columns}, ${times}`;

export function toFileRow({ updatedAtMs, deletedAtMs, ...row }: Raw): FileRow {
  return { ...row, updatedAt: new Date(updatedAtMs), deletedAt: deletedAtMs === null ? null : new Date(deletedAtMs) };
}

/**
 * The file's row, locked until the transaction ends: whoever holds it gives out the next seq.
 *
 * @throws DomainError `not_found` when this workspace has no such file, or it or its project is deleted.
 */
export async function lockFile(client: pg.ClientBase, ctx: Ctx, fileId: string): Promise<FileRow> {
  const { rows } = await client.query<Raw>(
    `SELECT ${fileColumns} FROM "File" f JOIN "Project" p ON p."id" = f."projectId"
     WHERE f."id" = $1 AND p."workspaceId" = $2 AND f."deletedAt" IS NULL AND p."deletedAt" IS NULL FOR NO KEY UPDATE OF f`,
    [fileId, ctx.workspaceId],
  );
  const row = rows[0];
  if (!row) throw notFound("file", fileId);
  return toFileRow(row);
}

/** Locks the project's row: whoever holds it may add, move and remove paths. @throws DomainError `not_found`. */
export async function lockProject(client: pg.ClientBase, ctx: Ctx, projectId: string): Promise<void> {
  const { rows } = await client.query(
    `SELECT 1 FROM "Project" WHERE "id" = $1 AND "workspaceId" = $2 AND "deletedAt" IS NULL FOR NO KEY UPDATE`,
    [projectId, ctx.workspaceId],
  );
  if (rows.length === 0) throw notFound("project", projectId);
}

/** The active file at a path, locked; null when there is none. Call it with the project locked. */
export async function findFileAt(client: pg.ClientBase, projectId: string, path: string): Promise<FileRow | null> {
  const { rows } = await client.query<Raw>(
    `SELECT ${fileColumns} FROM "File" f WHERE f."projectId" = $1 AND f."path" = $2 AND f."deletedAt" IS NULL FOR NO KEY UPDATE OF f`,
    [projectId, path],
  );
  return rows[0] ? toFileRow(rows[0]) : null;
}

/** @throws DomainError `conflict` when the caller holds another epoch than the document, or it is no document. */
export function checkEpoch(row: FileRow, epoch: number): void {
  if (row.kind !== "text") throw new DomainError("conflict", `'${row.path}' is no longer a text. Reload it.`);
  if (row.epoch !== epoch) throw new DomainError("conflict", `'${row.path}' was replaced since it was opened. Your text is kept aside; reload and compare.`);
}
