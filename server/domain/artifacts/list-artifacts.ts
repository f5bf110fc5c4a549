import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { type ArtifactOwner, requireModelOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { checkArtifactPath, endOfDir } from "./paths";

export type ArtifactEntry = { path: string; isDir: boolean; /** Absent for folders. */ sizeBytes?: number };
export type ArtifactListing = { rootUri: string; files: ArtifactEntry[] };

/** What lies directly in a folder of a run's artifacts, by name; paths from the run's root. A file or nothing there: no entries. */
export async function listArtifacts(ctx: Ctx, { runId, path }: { runId: string; path?: string }): Promise<ArtifactListing> {
  const folder = folderOf(path);
  const owner = await requireRunOwner(ctx, runId, "view");
  return { rootUri: owner.uri, files: await listFolder(ctx, owner, folder, folder) };
}

/** The same for a logged model. */
export async function listModelArtifacts(ctx: Ctx, { modelId, path }: { modelId: string; path?: string }): Promise<ArtifactListing> {
  const folder = folderOf(path);
  const owner = await requireModelOwner(ctx, modelId, "view");
  return { rootUri: owner.uri, files: await listFolder(ctx, owner, folder, folder) };
}

/** A folder by its path in the store, as MLflow's proxy is asked; base names only. What is not there has no entries. */
export async function listByProxyPath(ctx: Ctx, { proxyPath }: { proxyPath: string }): Promise<ArtifactEntry[]> {
  const key = folderOf(proxyPath);
  if (key === "") return [];
  try {
    const { owner, path } = await requireOwnerOfKey(ctx, key, "view");
    return await listFolder(ctx, owner, path, "");
  } catch (error) {
    if (error instanceof DomainError && error.kind === "not_found") return [];
    throw error;
  }
}

function folderOf(path: string | undefined): string {
  const trimmed = (path ?? "").replace(/\/$/, "");
  return trimmed === "" && path !== "/" ? "" : checkArtifactPath(trimmed);
}

/*
 * Files stand by their folder in one index; folders are found in the same by going from one name to the next, so that what lies
 * deeper is not read. Names hold no control characters and no slash: a line each, in one value, costs a fraction of a row each.
 */
const listing = {
  name: "artifact-listing",
  text: `WITH RECURSIVE below(dir) AS (
      (SELECT dir FROM "Artifact" WHERE root = $1 AND dir > $2 AND dir < $3 ORDER BY dir LIMIT 1)
      UNION ALL
      SELECT (SELECT a.dir FROM "Artifact" a WHERE a.root = $1 AND a.dir >= $2 || split_part(substr(below.dir, length($2) + 1), '/', 1) || '0' AND a.dir < $3 ORDER BY a.dir LIMIT 1)
      FROM below WHERE below.dir IS NOT NULL
    )
    SELECT (SELECT string_agg(substr(path, length($2) + 1) || '/' || "sizeBytes", E'\\n' ORDER BY path) FROM "Artifact" WHERE root = $1 AND dir = $2) AS files,
      (SELECT string_agg(split_part(substr(dir, length($2) + 1), '/', 1), E'\\n') FROM below WHERE dir IS NOT NULL) AS folders`,
};

async function listFolder(ctx: Ctx, owner: ArtifactOwner, folder: string, prefix: string): Promise<ArtifactEntry[]> {
  const dir = folder === "" ? "" : `${folder}/`;
  const before = prefix === "" ? "" : `${prefix}/`;
  const { rows } = await ctx.sql.query<{ files: string | null; folders: string | null }>(listing, [owner.root, dir, endOfDir(dir)]);
  const folders = (rows[0]?.folders ?? "").split("\n").filter(Boolean);
  const entries: ArtifactEntry[] = folders.map((name) => ({ path: before + name, isDir: true }));
  for (const line of (rows[0]?.files ?? "").split("\n")) {
    if (line === "") continue;
    const at = line.lastIndexOf("/");
    entries.push({ path: before + line.slice(0, at), isDir: false, sizeBytes: Number(line.slice(at + 1)) });
  }
  return folders.length > 0 ? entries.sort((a, b) => (a.path < b.path ? -1 : 1)) : entries;
}
