import type { Readable } from "node:stream";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { getStore } from "@/server/storage";
import { type ArtifactOwner, requireModelOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { mediaTypeOf } from "./media-type";
import { checkArtifactPath, keyOfUri } from "./paths";

export type StoredArtifact = { sizeBytes: number; sha256: string };

/** Stores a run's or logged model's artifact by its path in the store. An upload that breaks off leaves what was there. */
export async function putByProxyPath(ctx: Ctx, { proxyPath, stream }: { proxyPath: string; stream: Readable }): Promise<StoredArtifact> {
  const { owner, path } = await requireOwnerOfKey(ctx, checkArtifactPath(proxyPath), "track");
  return put(ctx, owner, path, stream);
}

/** The same by a full address, such as `mlflow-artifacts:/3/<run>/artifacts/model/MLmodel`. */
export async function putArtifactByUri(ctx: Ctx, { uri, stream }: { uri: string; stream: Readable }): Promise<StoredArtifact> {
  const key = keyOfUri(uri);
  if (key === null) throw invalid("This address is not kept by this server.");
  return putByProxyPath(ctx, { proxyPath: key, stream });
}

export async function putArtifact(ctx: Ctx, { runId, path, stream }: { runId: string; path: string; stream: Readable }): Promise<StoredArtifact> {
  const checked = checkArtifactPath(path);
  return put(ctx, await requireRunOwner(ctx, runId, "track"), checked, stream);
}

/** Removes a file or a folder; nothing there: nothing happens. */
export async function deleteByProxyPath(ctx: Ctx, { proxyPath }: { proxyPath: string }): Promise<void> {
  const { owner, path } = await requireOwnerOfKey(ctx, checkArtifactPath(proxyPath), "track");
  await remove(ctx, owner, path);
}

export async function removeModelArtifacts(ctx: Ctx, { modelId }: { modelId: string }): Promise<void> {
  await remove(ctx, await requireModelOwner(ctx, modelId, "track"), "");
}

async function put(ctx: Ctx, owner: ArtifactOwner, path: string, stream: Readable): Promise<StoredArtifact> {
  if (owner.root === "") throw invalid("These artifacts are not kept by this server.");
  if (path === "") throw invalid("Invalid path");
  const parents = path.split("/").map((_, i, all) => all.slice(0, i).join("/")).filter(Boolean);
  const { rows: clashes } = await ctx.sql.query<{ path: string }>(
    `SELECT path FROM "Artifact" WHERE root = $1 AND (path = ANY($2::text[]) OR starts_with(path, $3)) LIMIT 1`,
    [owner.root, parents, `${path}/`],
  );
  if (clashes[0]) throw invalid(`Invalid path: '${clashes[0].path.slice(0, 200)}' is there, and a name cannot be a file and a folder.`);
  const stored = await getStore().put(`${owner.root}/${path}`, stream);
  await ctx.sql.query(
    `INSERT INTO "Artifact" (root, path, "sizeBytes", "mediaType", sha256) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (root, path) DO UPDATE SET "sizeBytes" = excluded."sizeBytes", "mediaType" = excluded."mediaType", sha256 = excluded.sha256, "createdAt" = now()`,
    [owner.root, path, stored.sizeBytes, mediaTypeOf(path), stored.sha256],
  );
  tell(ctx, owner);
  return stored;
}

async function remove(ctx: Ctx, owner: ArtifactOwner, path: string): Promise<void> {
  if (owner.root === "") return;
  await ctx.sql.query(`DELETE FROM "Artifact" WHERE root = $1 AND ($2 = '' OR path = $2 OR starts_with(path, $2 || '/'))`, [owner.root, path]);
  await getStore().remove(path === "" ? owner.root : `${owner.root}/${path}`);
  tell(ctx, owner);
}

function tell(ctx: Ctx, owner: ArtifactOwner): void {
  announce(ctx, ...(owner.sourceRunId ? [`run:${owner.sourceRunId}`] : []), `experiment:${owner.experimentId}`);
}
