import type pg from "pg";
import { newId } from "@/common/ids";
import { limits } from "@/common/limits";
import { invalid } from "@/server/errors";
import { checkPath, clashProblem } from "./check-path";
import { fileTooLarge, putBlob } from "./blobs";
import { seedState } from "./doc-text";
import { decodeText, type DecodedText } from "./text-bytes";

export type NewFile = { path: string; bytes: Buffer; isExecutable?: boolean };

/** A file checked and with its bytes in place, ready to become a row. */
export type PreparedFile = { path: string; isExecutable: boolean; sizeBytes: number } & ({ kind: "text"; decoded: DecodedText } | { kind: "binary"; blobKey: string });

/**
 * Checks a whole set of files and puts binary ones into the blob store; one that is refused refuses the set.
 *
 * @throws DomainError `invalid` (paths), `too_large` that names the limit.
 */
export async function prepareFiles(files: NewFile[]): Promise<PreparedFile[]> {
  if (files.length > limits.projectFiles) throw invalid(`A project holds up to ${limits.projectFiles} files; this would be ${files.length}. Leave out what steps can fetch or make.`);
  for (const file of files) {
    checkPath(file.path, "files");
    if (file.bytes.byteLength > limits.fileBytes) throw fileTooLarge(file.path);
  }
  const clash = clashProblem(files.map((f) => f.path));
  if (clash) throw invalid(clash, [{ field: "files", message: clash }]);
  const prepared: PreparedFile[] = [];
  for (const file of files) prepared.push(await prepareFile(file));
  return prepared;
}

export async function prepareFile({ path, bytes, isExecutable = false }: NewFile): Promise<PreparedFile> {
  const decoded = decodeText(bytes);
  const base = { path, isExecutable, sizeBytes: bytes.byteLength };
  return decoded ? { ...base, kind: "text", decoded } : { ...base, kind: "binary", blobKey: await putBlob(bytes) };
}

/** Writes rows and the first state of each text's document, in the caller's transaction. Returns the ids in order. */
export async function insertFiles(client: pg.ClientBase, projectId: string, files: PreparedFile[], now: Date): Promise<string[]> {
  if (files.length === 0) return [];
  const ids = files.map(() => newId("fil"));
  const text = (f: PreparedFile) => (f.kind === "text" ? f.decoded : null);
  await client.query(
    `INSERT INTO "File" ("id", "projectId", "path", "kind", "sizeBytes", "text", "blobKey", "lineEnding", "hasBom", "isExecutable", "createdAt", "updatedAt")
     SELECT f.id, $1, f.path, f.kind, f.size, f.text, f.blob, f.eol, f.bom, f.exec, $2::timestamp, $2::timestamp
     FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::boolean[], $11::boolean[])
       AS f(id, path, kind, size, text, blob, eol, bom, exec)`,
    [
      projectId, now.toISOString(), ids, files.map((f) => f.path), files.map((f) => f.kind), files.map((f) => f.sizeBytes),
      files.map((f) => text(f)?.text ?? null), files.map((f) => (f.kind === "binary" ? f.blobKey : null)),
      files.map((f) => text(f)?.lineEnding ?? "\n"), files.map((f) => text(f)?.hasBom ?? false), files.map((f) => f.isExecutable),
    ],
  );
  const seeds = files.flatMap((f, i) => (f.kind === "text" ? [{ id: ids[i], state: Buffer.from(seedState(f.decoded.text)) }] : []));
  await client.query(
    `INSERT INTO "FileSnapshot" ("fileId", "epoch", "seq", "state", "createdAt") SELECT s.id, 1, 0, s.state, $1::timestamp FROM unnest($2::text[], $3::bytea[]) AS s(id, state)`,
    [now.toISOString(), seeds.map((s) => s.id), seeds.map((s) => s.state)],
  );
  return ids;
}

/** What hinders a new path beside the project's present ones; call it with the project locked. @throws DomainError `invalid`. */
export async function checkRoomFor(client: pg.ClientBase, projectId: string, paths: string[], except: string[] = []): Promise<void> {
  const { rows } = await client.query<{ path: string }>(`SELECT "path" FROM "File" WHERE "projectId" = $1 AND "deletedAt" IS NULL AND NOT ("id" = ANY($2::text[]))`, [projectId, except]);
  if (rows.length + paths.length > limits.projectFiles) throw invalid(`A project holds up to ${limits.projectFiles} files. Delete some first.`);
  const clash = clashProblem([...rows.map((r) => r.path), ...paths]);
  if (clash) throw invalid(clash, [{ field: "path", message: clash }]);
}
