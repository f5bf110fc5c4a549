import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { type ArtifactOwner, requireModelOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { checkArtifactPath } from "./paths";

export type ArtifactEntry = { path: string; isDir: boolean; /** Absent for folders. */ sizeBytes?: number };
export type ArtifactListing = { rootUri: string; files: ArtifactEntry[] };

/** What lies directly in a folder of a run's artifacts, by name; paths from the run's root. A file or nothing there: no entries. */
export async function listArtifacts(ctx: Ctx, { runId, path }: { runId: string; path?: string }): Promise<ArtifactListing> {
  const folder = folderOf(path);
  const owner = await requireRunOwner(ctx, runId, "view");
  return { rootUri: owner.uri, files: withPrefix(await listFolder(ctx, owner, folder), folder) };
}

/** The same for a logged model. */
export async function listModelArtifacts(ctx: Ctx, { modelId, path }: { modelId: string; path?: string }): Promise<ArtifactListing> {
  const folder = folderOf(path);
  const owner = await requireModelOwner(ctx, modelId, "view");
  return { rootUri: owner.uri, files: withPrefix(await listFolder(ctx, owner, folder), folder) };
}

/** A folder by its path in the store, as MLflow's proxy is asked; base names only. What is not there has no entries. */
export async function listByProxyPath(ctx: Ctx, { proxyPath }: { proxyPath: string }): Promise<ArtifactEntry[]> {
  const key = folderOf(proxyPath);
  if (key === "") return [];
  try {
    const { owner, path } = await requireOwnerOfKey(ctx, key, "view");
    return await listFolder(ctx, owner, path);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "not_found") return [];
    throw error;
  }
}

function folderOf(path: string | undefined): string {
  const trimmed = (path ?? "").replace(/\/$/, "");
  return trimmed === "" && path !== "/" ? "" : checkArtifactPath(trimmed);
}

const withPrefix = (files: ArtifactEntry[], folder: string) => (folder === "" ? files : files.map((f) => ({ ...f, path: `${folder}/${f.path}` })));

async function listFolder(ctx: Ctx, owner: ArtifactOwner, folder: string): Promise<ArtifactEntry[]> {
  const prefix = folder === "" ? "" : `${folder}/`;
  const { rows } = await ctx.sql.query<{ name: string; isDir: boolean; sizeBytes: bigint }>(
    `SELECT split_part(rest, '/', 1) AS name, bool_or(strpos(rest, '/') > 0) AS "isDir", max("sizeBytes") AS "sizeBytes"
     FROM (SELECT substr(path, length($2::text) + 1) AS rest, "sizeBytes" FROM "Artifact" WHERE root = $1 AND starts_with(path, $2::text)) below
     GROUP BY split_part(rest, '/', 1) ORDER BY split_part(rest, '/', 1) COLLATE "C"`,
    [owner.root, prefix],
  );
  return rows.map((r) => (r.isDir ? { path: r.name, isDir: true } : { path: r.name, isDir: false, sizeBytes: Number(r.sizeBytes) }));
}
