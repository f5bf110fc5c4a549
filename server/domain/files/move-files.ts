import type pg from "pg";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { invalid, notFound } from "@/server/errors";
import { checkPath } from "./check-path";
import { checkRoomFor } from "./insert-files";
import { fileColumns, lockProject, toFileRow } from "./locked-file";
import { requireProject, requireProjectAccess } from "./require-project";
import { touchProject } from "./store-updates";
import { type FileEntry, type FileRow, toEntry } from "./types";

/** One file by its id or path, or a folder by its path: all files below it. */
export type FilesAt = { fileId: string } | { projectId: string; path: string };

/**
 * Renames or moves a file or a folder; documents that are open stay open, as their rooms go by id.
 *
 * @throws DomainError `invalid` (path, or something stands there), `not_found`, `forbidden`.
 */
export async function renameFile(ctx: Ctx, input: FilesAt & { newPath: string }): Promise<FileEntry> {
  const newPath = checkPath(input.newPath, "newPath");
  const projectId = await projectOf(ctx, input, false);
  const moved = await inTransaction(ctx.sql, async (client) => {
    await lockProject(client, ctx, projectId);
    const { rows, folder } = await find(client, projectId, input);
    if (folder !== null && `${newPath}/`.startsWith(`${folder}/`) && newPath !== folder) throw invalid(`A folder cannot move into itself. Choose a path outside '${folder}'.`);
    const after = rows.map((row) => ({ ...row, path: folder === null ? newPath : `${newPath}${row.path.slice(folder.length)}` }));
    for (const row of after) checkPath(row.path, "newPath");
    await checkRoomFor(client, projectId, after.map((r) => r.path), rows.map((r) => r.id));
    const now = ctx.now();
    await client.query(
      `UPDATE "File" f SET "path" = n.path, "updatedAt" = $3::timestamp FROM unnest($1::text[], $2::text[]) AS n(id, path) WHERE f."id" = n.id`,
      [after.map((r) => r.id), after.map((r) => r.path), now.toISOString()],
    );
    await touchProject(client, projectId, now);
    return after.map((row) => ({ ...row, updatedAt: now }));
  });
  announce(ctx, `files:${projectId}`, ...moved.map((r) => `file:${r.id}`));
  return first(moved);
}

/** Deletes a file or a folder's files; they can be restored. @throws DomainError `not_found`, `forbidden`. */
export async function deleteFile(ctx: Ctx, input: FilesAt): Promise<{ fileIds: string[] }> {
  const projectId = await projectOf(ctx, input, false);
  const gone = await inTransaction(ctx.sql, async (client) => {
    await lockProject(client, ctx, projectId);
    const { rows } = await find(client, projectId, input);
    const now = ctx.now();
    await client.query(`UPDATE "File" SET "deletedAt" = $2::timestamp WHERE "id" = ANY($1::text[])`, [rows.map((r) => r.id), now.toISOString()]);
    await touchProject(client, projectId, now);
    return rows;
  });
  announce(ctx, `files:${projectId}`, ...gone.map((r) => `file:${r.id}`));
  return { fileIds: gone.map((r) => r.id) };
}

/** Brings a deleted file back to its path. @throws DomainError `invalid` when something stands there now, `not_found`, `forbidden`. */
export async function restoreFile(ctx: Ctx, { fileId }: { fileId: string }): Promise<FileEntry> {
  const projectId = await projectOf(ctx, { fileId }, true);
  const row = await inTransaction(ctx.sql, async (client) => {
    await lockProject(client, ctx, projectId);
    const { rows } = await client.query<Parameters<typeof toFileRow>[0]>(`SELECT ${fileColumns} FROM "File" f WHERE f."id" = $1 FOR NO KEY UPDATE OF f`, [fileId]);
    if (!rows[0]) throw notFound("file", fileId);
    const found = toFileRow(rows[0]);
    if (!found.deletedAt) return found;
    await checkRoomFor(client, projectId, [found.path]);
    await client.query(`UPDATE "File" SET "deletedAt" = NULL WHERE "id" = $1`, [fileId]);
    await touchProject(client, projectId, ctx.now());
    return found;
  });
  announce(ctx, `files:${projectId}`, `file:${row.id}`);
  return toEntry(row);
}

async function projectOf(ctx: Ctx, at: FilesAt, isDeletedToo: boolean): Promise<string> {
  if ("projectId" in at) return (await requireProject(ctx, at.projectId, "edit")).id;
  const file = await ctx.db.file.findFirst({
    where: { id: at.fileId, project: { workspaceId: ctx.workspaceId, deletedAt: null }, ...(isDeletedToo ? {} : { deletedAt: null }) },
    select: { projectId: true },
  });
  if (!file) throw notFound("file", at.fileId);
  requireProjectAccess(ctx, file.projectId, "edit");
  return file.projectId;
}

async function find(client: pg.ClientBase, projectId: string, at: FilesAt): Promise<{ rows: FileRow[]; folder: string | null }> {
  const select = async (where: string, value: string) => {
    const { rows } = await client.query<Parameters<typeof toFileRow>[0]>(
      `SELECT ${fileColumns} FROM "File" f WHERE f."projectId" = $1 AND f."deletedAt" IS NULL AND ${where} ORDER BY f."path" FOR NO KEY UPDATE OF f`,
      [projectId, value],
    );
    return rows.map(toFileRow);
  };
  if ("fileId" in at) {
    const rows = await select(`f."id" = $2`, at.fileId);
    if (rows.length === 0) throw notFound("file", at.fileId);
    return { rows, folder: null };
  }
  const exact = await select(`f."path" = $2`, at.path);
  if (exact.length > 0) return { rows: exact, folder: null };
  const folder = at.path.replace(/\/+$/, "");
  const below = folder ? await select(`starts_with(f."path", $2)`, `${folder}/`) : [];
  if (below.length === 0) throw notFound("file", at.path);
  return { rows: below, folder };
}

function first(rows: FileRow[]): FileEntry {
  const [row] = rows;
  if (!row) throw new Error("unreachable: find gives at least one row");
  return toEntry(row);
}
