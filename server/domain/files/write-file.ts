import type { Readable } from "node:stream";
import type pg from "pg";
import type * as Y from "yjs";
import { limits } from "@/common/limits";
import { actorUserId, type Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError } from "@/server/errors";
import { announceFile } from "./announce-file";
import { fileTooLarge, putBlob, receive } from "./blobs";
import { checkPath } from "./check-path";
import { checkReload, checkText } from "./check-update";
import { readDoc } from "./doc-record";
import { replaceText, seedState, textOf } from "./doc-text";
import { checkRoomFor, insertFiles, type PreparedFile } from "./insert-files";
import { findFileAt, lockProject } from "./locked-file";
import { mergeTexts } from "./merge-texts";
import { requireProject } from "./require-project";
import { afterStore, docOf, storeUpdates, touchProject } from "./store-updates";
import { decodeText, type DecodedText } from "./text-bytes";
import { etagOf, type FileEntry, type FileRow, toEntry } from "./types";

export type WriteFileInput = {
  projectId: string;
  path: string;
  /** A stream is taken in with the limit checked as it comes. */
  bytes: Buffer | Readable;
  /** The etag the writer started from: a text changed since is merged three ways. `*`: the file must be there. */
  ifMatch?: string;
  /** `*`: the file must not be there yet. */
  ifNoneMatch?: string;
  isExecutable?: boolean;
};

export type WrittenFile = { file: FileEntry; etag: string; isNew: boolean; isMerged: boolean };

type Content = { kind: "text"; decoded: DecodedText; sizeBytes: number } | { kind: "binary"; blobKey: string; sizeBytes: number };
type Stored = WrittenFile & { tell: () => void };

/**
 * Creates a file or replaces its content. A text's document gets the smallest change, so that people who type in it keep
 * their cursors and their edits.
 *
 * @throws DomainError `invalid` (path), `too_large` that names the limit, `conflict` when ifMatch cannot be merged, `not_found`, `forbidden`.
 */
export async function writeFile(ctx: Ctx, input: WriteFileInput): Promise<WrittenFile> {
  await requireProject(ctx, input.projectId, "edit");
  checkPath(input.path);
  const content = await contentOf(input);
  const { tell, ...written } = await inTransaction(ctx.sql, async (client): Promise<Stored> => {
    await lockProject(client, ctx, input.projectId);
    const row = await findFileAt(client, input.projectId, input.path);
    checkPreconditions(input, row);
    if (!row) return create(client, ctx, input, content);
    if (row.kind === "text" && content.kind === "text") return replaceLive(client, ctx, row, content.decoded, input);
    if (input.ifMatch && input.ifMatch !== "*" && input.ifMatch !== etagOf(row)) throw changedSince(row.path);
    return replaceWhole(client, ctx, row, content, input.isExecutable);
  });
  tell();
  return written;
}

async function contentOf({ path, bytes }: WriteFileInput): Promise<Content> {
  if (!Buffer.isBuffer(bytes)) {
    const received = await receive(path, bytes);
    if (received.kind === "stored") return { kind: "binary", blobKey: received.blobKey, sizeBytes: received.sizeBytes };
    bytes = received.bytes;
  }
  if (bytes.byteLength > limits.fileBytes) throw fileTooLarge(path);
  const decoded = decodeText(bytes);
  const sizeBytes = bytes.byteLength;
  return decoded ? { kind: "text", decoded, sizeBytes } : { kind: "binary", blobKey: await putBlob(bytes), sizeBytes };
}

function checkPreconditions({ ifMatch, ifNoneMatch, path }: WriteFileInput, row: FileRow | null) {
  if (ifNoneMatch === "*" && row) throw new DomainError("conflict", `'${path}' is there already. Choose another name, or write over it without If-None-Match.`);
  if (ifMatch !== undefined && !row) throw new DomainError("conflict", `'${path}' is not there (any more), so nothing matches If-Match. Write it without If-Match to create it.`);
}

async function create(client: pg.ClientBase, ctx: Ctx, input: WriteFileInput, content: Content): Promise<Stored> {
  await checkRoomFor(client, input.projectId, [input.path]);
  const base = { path: input.path, isExecutable: input.isExecutable ?? false, sizeBytes: content.sizeBytes };
  const prepared: PreparedFile = content.kind === "text" ? { ...base, kind: "text", decoded: content.decoded } : { ...base, kind: "binary", blobKey: content.blobKey };
  const now = ctx.now();
  const [id = ""] = await insertFiles(client, input.projectId, [prepared], now);
  await touchProject(client, input.projectId, now);
  const row = { id, projectId: input.projectId, path: input.path, kind: content.kind, sizeBytes: BigInt(content.sizeBytes), updatedAt: now, epoch: 1, seq: 0n };
  return { file: toEntry(row), etag: etagOf(row), isNew: true, isMerged: false, tell: () => announceFile(ctx, null, row) };
}

async function replaceLive(client: pg.ClientBase, ctx: Ctx, row: FileRow, incoming: DecodedText, input: WriteFileInput): Promise<Stored> {
  const doc = await docOf(client, ctx, row);
  let target = incoming.text;
  const isStale = input.ifMatch !== undefined && input.ifMatch !== "*" && input.ifMatch !== etagOf(row);
  if (isStale) {
    const base = await baseOf(client, row, input.ifMatch ?? "");
    const merged = base === null ? null : mergeTexts(base, incoming.text, textOf(doc));
    if (merged === null) throw changedSince(row.path);
    target = merged;
  }
  const update = replaceText(doc, target);
  const style = { lineEnding: incoming.text.includes("\n") ? incoming.lineEnding : row.lineEnding, hasBom: incoming.hasBom };
  if (!update && style.lineEnding === row.lineEnding && style.hasBom === row.hasBom) {
    return result(row, isStale, () => afterStore(ctx, row, row, doc));
  }
  checkReload(doc, checkText(doc));
  const updates = update ? [{ bytes: update, userId: actorUserId(ctx) }] : [];
  const after = await storeUpdates(client, ctx, row, { updates, text: textOf(doc), ...style });
  await touchProject(client, row.projectId, ctx.now());
  return result(after, isStale, () => afterStore(ctx, row, after, doc));
}

/** A change of kind, or of a binary file: the old document ends, and whoever has it open is told to load anew. */
async function replaceWhole(client: pg.ClientBase, ctx: Ctx, row: FileRow, content: Content, isExecutable = row.isExecutable): Promise<Stored> {
  const now = ctx.now();
  const decoded = content.kind === "text" ? content.decoded : null;
  const after: FileRow = {
    ...row, kind: content.kind, sizeBytes: BigInt(content.sizeBytes), blobKey: content.kind === "binary" ? content.blobKey : null,
    lineEnding: decoded?.lineEnding ?? "\n", hasBom: decoded?.hasBom ?? false, isExecutable, epoch: row.epoch + 1, seq: row.seq + 1n, updatedAt: now,
  };
  await client.query(
    `UPDATE "File" SET "kind" = $2, "sizeBytes" = $3, "blobKey" = $4, "lineEnding" = $5, "hasBom" = $6, "isExecutable" = $7, "epoch" = $8, "seq" = $9, "text" = $10, "updatedAt" = $11::timestamp WHERE "id" = $1`,
    [row.id, after.kind, after.sizeBytes, after.blobKey, after.lineEnding, after.hasBom, after.isExecutable, after.epoch, after.seq, decoded?.text ?? null, now.toISOString()],
  );
  if (decoded) {
    await client.query(`INSERT INTO "FileSnapshot" ("fileId", "epoch", "seq", "state", "createdAt") VALUES ($1, $2, $3, $4, $5::timestamp)`, [
      row.id, after.epoch, after.seq, Buffer.from(seedState(decoded.text)), now.toISOString(),
    ]);
  }
  await touchProject(client, row.projectId, now);
  return result(after, false, () => announceFile(ctx, row, after));
}

/** The text that an etag named, as long as its records are kept. */
async function baseOf(client: pg.ClientBase, row: FileRow, etag: string): Promise<string | null> {
  const [, id, epoch, seq] = /^"([a-z]+_[0-9a-z]+)-(\d{1,9})-(\d{1,18})"$/.exec(etag) ?? [];
  if (id !== row.id || Number(epoch) !== row.epoch || seq === undefined || BigInt(seq) > row.seq) return null;
  const at = BigInt(seq);
  const { rows } = await client.query<{ missing: boolean }>(
    `SELECT $3::bigint - s."seq" <> (SELECT count(*) FROM "FileUpdate" u WHERE u."fileId" = $1 AND u."epoch" = $2 AND u."seq" > s."seq" AND u."seq" <= $3) AS missing
     FROM "FileSnapshot" s WHERE s."fileId" = $1 AND s."epoch" = $2 AND s."seq" <= $3 ORDER BY s."seq" DESC LIMIT 1`,
    [row.id, row.epoch, at],
  );
  if (rows[0]?.missing !== false) return null;
  const { doc }: { doc: Y.Doc } = await readDoc(client, { id: row.id, epoch: row.epoch, seq: at });
  const text = textOf(doc);
  doc.destroy();
  return text;
}

const result = (row: FileRow, isMerged: boolean, tell: () => void): Stored => ({ file: toEntry(row), etag: etagOf(row), isNew: false, isMerged, tell });

const changedSince = (path: string) =>
  new DomainError("conflict", `'${path}' was changed since the state that If-Match names, in the same place. Read it again, put your change on top, and write it with the new ETag.`);
