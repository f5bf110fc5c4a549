import { Readable } from "node:stream";
import type { Ctx } from "@/server/ctx";
import { notFound } from "@/server/errors";
import { store } from "@/server/storage";
import { readBlob } from "./blobs";
import { readRow } from "./load-doc";
import { requireProject } from "./require-project";
import { encodeText } from "./text-bytes";
import { etagOf, type FileEntry, toEntry } from "./types";

type At = { projectId: string; path: string };

/**
 * A file as it stands, unsaved co-edits included; its original line endings and byte-order mark are in `bytes`, not in `text`.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
export async function readFile(ctx: Ctx, at: At): Promise<{ file: FileEntry; bytes: Buffer; text: string | null; etag: string }> {
  const row = await rowAt(ctx, at);
  const bytes = row.text !== null ? encodeText({ ...row, text: row.text }) : row.blobKey ? await readBlob(row.blobKey) : Buffer.alloc(0);
  return { file: toEntry(row), bytes, text: row.text, etag: etagOf(row) };
}

/** The same as a stream, for files that need not fit into memory. The stream may go unread only if it is destroyed. */
export async function openFile(ctx: Ctx, at: At): Promise<{ file: FileEntry; stream: Readable; sizeBytes: number; etag: string }> {
  const row = await rowAt(ctx, at);
  const common = { file: toEntry(row), etag: etagOf(row) };
  if (row.text !== null || !row.blobKey) {
    const bytes = encodeText({ ...row, text: row.text ?? "" });
    return { ...common, stream: Readable.from([bytes], { objectMode: false }), sizeBytes: bytes.byteLength };
  }
  const { stream, sizeBytes } = await store.open(row.blobKey);
  return { ...common, stream, sizeBytes };
}

/** @throws DomainError `not_found`, `forbidden`. */
export async function getFile(ctx: Ctx, { fileId }: { fileId: string }): Promise<FileEntry & { projectId: string; epoch: number; seq: number }> {
  const row = await readRow(ctx.sql, ctx, fileId);
  return { ...toEntry(row), projectId: row.projectId, epoch: row.epoch, seq: Number(row.seq) };
}

/** All files of the project by path. */
export async function listFiles(ctx: Ctx, { projectId }: { projectId: string }): Promise<FileEntry[]> {
  await requireProject(ctx, projectId, "view");
  const rows = await ctx.db.file.findMany({
    where: { projectId, deletedAt: null },
    select: { id: true, path: true, kind: true, sizeBytes: true, updatedAt: true },
    orderBy: { path: "asc" },
  });
  return rows.map(toEntry);
}

async function rowAt(ctx: Ctx, { projectId, path }: At) {
  await requireProject(ctx, projectId, "view");
  const row = await ctx.db.file.findFirst({ where: { projectId, path, deletedAt: null } });
  if (!row) throw notFound("file", path);
  return row;
}
