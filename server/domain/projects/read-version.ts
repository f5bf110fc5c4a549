import { type Outline, readOutline } from "@/common/mlproject";
import { limits } from "@/common/limits";
import type { Ctx } from "@/server/ctx";
import { DomainError, notFound } from "@/server/errors";
import { listTree, readBlobs, readTreeFile } from "@/server/git";
import { decodeText, type FileKind, requireProject, requireProjectAccess } from "../files";
import { requireRunAccess } from "../runs";
import { treeOfProject } from "./tree-of-project";

type Version = { projectId: string; commit: string };
export type VersionFile = { path: string; sizeBytes: number; kind: FileKind; isExecutable: boolean };
export type VersionChange = { path: string; status: "added" | "removed" | "changed"; /** Null for binary files and where the side has no such file. */ oldText: string | null; newText: string | null };

/** The files of a version by path. @throws DomainError `not_found`, `forbidden`. */
export async function listVersionFiles(ctx: Ctx, version: Version): Promise<VersionFile[]> {
  await requireVersion(ctx, version);
  const entries = await listTree(version, version.commit);
  if (!entries) throw notFound("version", version.commit);
  const small = entries.filter((e) => e.kind === "file" && e.sizeBytes <= limits.liveTextBytes);
  const bytes = await readBlobs(version, small.map((e) => e.oid));
  const texts = new Set(small.filter((_, i) => decodeText(bytes[i] ?? Buffer.alloc(0)) !== null).map((e) => e.path));
  return entries
    .filter((e) => e.kind === "file")
    .map(({ path, sizeBytes, isExecutable }) => ({ path, sizeBytes, isExecutable, kind: texts.has(path) ? "text" : "binary" }));
}

/** One file of a version. @throws DomainError `not_found`, `forbidden`. */
export async function readVersionFile(ctx: Ctx, { path, ...version }: Version & { path: string }): Promise<{ bytes: Buffer; text: string | null; sizeBytes: number }> {
  await requireVersion(ctx, version);
  const bytes = await readTreeFile(version.projectId, version.commit, path, limits.fileBytes);
  if (!bytes) throw notFound("file", path);
  return { bytes, text: decodeText(bytes)?.text ?? null, sizeBytes: bytes.byteLength };
}

/** What the version's MLproject declares. @throws DomainError `not_found`, `forbidden`. */
export async function getVersionOutline(ctx: Ctx, version: Version): Promise<Outline> {
  await requireVersion(ctx, version);
  return readOutline(await textsOf(version));
}

/** Every file that differs between a version and the project as it stands. @throws DomainError `not_found`, `forbidden`. */
export async function diffVersionAgainstNow(ctx: Ctx, version: Version): Promise<VersionChange[]> {
  await requireVersion(ctx, version);
  // A run's link shows that run's code, never live files.
  requireProjectAccess(ctx, version.projectId, "view");
  const entries = (await listTree(version, version.commit))?.filter((e) => e.kind === "file");
  if (!entries) throw notFound("version", version.commit);
  const bytes = await readBlobs(version, entries.map((e) => e.oid));
  const before = new Map(entries.map((e, i) => [e.path, bytes[i] ?? Buffer.alloc(0)]));
  const now = new Map((await treeOfProject(ctx, version.projectId)).map((f) => [f.path, f.bytes]));
  const changes: VersionChange[] = [];
  for (const path of [...new Set([...before.keys(), ...now.keys()])].sort()) {
    const old = before.get(path);
    const present = now.get(path);
    if (old && present && old.equals(present)) continue;
    const text = (b: Buffer | undefined) => (b ? (decodeText(b)?.text ?? null) : null);
    changes.push({ path, status: !old ? "added" : !present ? "removed" : "changed", oldText: text(old), newText: text(present) });
  }
  return changes;
}

async function textsOf(version: Version): Promise<{ path: string; text: string | null }[]> {
  const entries = (await listTree(version, version.commit))?.filter((e) => e.kind === "file");
  if (!entries) throw notFound("version", version.commit);
  const small = entries.filter((e) => e.sizeBytes <= 512 * 1024);
  const bytes = await readBlobs(version, small.map((e) => e.oid));
  const texts = new Map(small.map((e, i) => [e.path, decodeText(bytes[i] ?? Buffer.alloc(0))?.text ?? null]));
  return entries.map((e) => ({ path: e.path, text: texts.get(e.path) ?? null }));
}

/**
 * A version is read by who may read the project, and by who holds a link to a run that was made of it.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
async function requireVersion(ctx: Ctx, { projectId, commit }: Version): Promise<void> {
  const { actor } = ctx;
  if (actor.kind !== "share" || actor.targetType === "project") {
    await requireProject(ctx, projectId, "view", { isDeletedToo: true });
    return;
  }
  const jobs = await ctx.db.job.findMany({ where: { workspaceId: ctx.workspaceId, projectId, commit }, select: { runId: true }, take: 200 });
  for (const { runId } of jobs) {
    const isSeen = await requireRunAccess(ctx, { runId }, "view").then(
      () => true,
      (error: unknown) => {
        if (error instanceof DomainError) return false;
        throw error;
      },
    );
    if (isSeen) return;
  }
  throw notFound("version", commit);
}
