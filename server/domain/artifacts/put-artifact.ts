import { randomBytes } from "node:crypto";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { DomainError, invalid } from "@/server/errors";
import { log } from "@/server/log";
import { type ByteSource, getStore, type StoredSize } from "@/server/storage";
import { requireActiveRun, requireRunAccess } from "../runs";
import { type ArtifactOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { mediaTypeOf } from "./media-type";
import { checkArtifactPath, dirOf, endOfDir, keyOfUri } from "./paths";

export type StoredArtifact = { sizeBytes: number };
/** `sizeBytes`: what the sender says it is; another size in the end is a failure. */
export type ArtifactBody = { stream: ByteSource; sizeBytes?: number | undefined };

/** A body of at least this size is not read to the end only to hear that its name is taken by a folder, or its run is deleted. */
const largeBytes = 1024 * 1024;

/** Stores a run's or logged model's artifact by its path in the store. An upload that breaks off leaves what was there. */
export async function putByProxyPath(ctx: Ctx, { proxyPath, ...body }: { proxyPath: string } & ArtifactBody): Promise<StoredArtifact> {
  const { owner, path } = await requireOwnerOfKey(ctx, checkArtifactPath(proxyPath), "track");
  return put(ctx, owner, path, body);
}

/** The same by a full address, such as `mlflow-artifacts:/3/<run>/artifacts/model/MLmodel`. */
export async function putArtifactByUri(ctx: Ctx, { uri, ...body }: { uri: string } & ArtifactBody): Promise<StoredArtifact> {
  const key = keyOfUri(uri);
  if (key === null) throw invalid("This address is not kept by this server.");
  return putByProxyPath(ctx, { proxyPath: key, ...body });
}

export async function putArtifact(ctx: Ctx, { runId, path, ...body }: { runId: string; path: string } & ArtifactBody): Promise<StoredArtifact> {
  const checked = checkArtifactPath(path);
  return put(ctx, await requireRunOwner(ctx, runId, "track"), checked, body);
}

/**
 * First the bytes under a new key, then the row: a crash between the two leaves a file that nothing points to, for the clean-up to find,
 * and never a row without its bytes. What the row pointed to before goes last.
 */
async function put(ctx: Ctx, owner: ArtifactOwner, path: string, { stream, sizeBytes }: ArtifactBody): Promise<StoredArtifact> {
  if (owner.root === "") throw invalid("These artifacts are not kept by this server.");
  if (path === "") throw invalid("Invalid path");
  if (sizeBytes === undefined || sizeBytes >= largeBytes) {
    await refuseInactive(ctx, owner);
    await refuseClash(ctx, owner, path);
  }
  const storeKey = `${owner.root}/${randomBytes(12).toString("hex")}`;
  const stored = await getStore().put(storeKey, stream, { expectedBytes: sizeBytes, maxBytes: env().maxArtifactBytes });
  try {
    const replaced = await pointTo(ctx, owner, path, storeKey, stored);
    if (replaced !== undefined) await forget([replaced]);
  } catch (error) {
    // Kept when the database went away in the middle: whether the row was written is not known.
    if (error instanceof DomainError) await forget([storeKey]);
    throw error;
  }
  announce(ctx, ...topicsOf(owner));
  return stored;
}

const clashes = `EXISTS (SELECT 1 FROM "Artifact" WHERE root = $1 AND path = ANY($8::text[])) OR EXISTS (SELECT 1 FROM "Artifact" WHERE root = $1 AND dir >= $9 AND dir < $10)`;
const insertFor = (ownerIsThere: string): string =>
  `INSERT INTO "Artifact" (root, path, dir, "sizeBytes", "mediaType", "storeKey")
   SELECT $1, $2, $3, $4::bigint, $5, $6 WHERE EXISTS (${ownerIsThere}) AND NOT (${clashes})
   ON CONFLICT (root, path) DO UPDATE SET "sizeBytes" = excluded."sizeBytes", "mediaType" = excluded."mediaType",
     "storeKey" = excluded."storeKey", "replacedKey" = "Artifact"."storeKey", "createdAt" = now()
   RETURNING "replacedKey"`;
const insert = {
  run: { name: "artifact-of-run", text: insertFor(`SELECT 1 FROM "Run" WHERE id = $7 AND "lifecycleStage" = 'active'`) },
  model: { name: "artifact-of-model", text: insertFor(`SELECT 1 FROM "LoggedModel" WHERE id = $7 AND "deletedAtMs" IS NULL`) },
  trace: { name: "artifact-of-trace", text: insertFor(`SELECT 1 FROM "Trace" WHERE seq = $7::bigint`) },
};

/** @returns the key of what was replaced. @throws DomainError when the owner is gone meanwhile, or the path is a folder's or below a file's. */
async function pointTo(ctx: Ctx, owner: ArtifactOwner, path: string, storeKey: string, stored: StoredSize): Promise<string | undefined> {
  const { rows } = await ctx.sql.query<{ replacedKey: string | null }>(insert[owner.kind], [
    owner.root, path, dirOf(path), stored.sizeBytes, mediaTypeOf(path), storeKey, owner.id, foldersOf(path), `${path}/`, endOfDir(`${path}/`),
  ]);
  const row = rows[0];
  if (row) return row.replacedKey ?? undefined;
  await refuseClash(ctx, owner, path);
  await refuseInactive(ctx, owner);
  throw invalid(`The ${owner.kind} ${owner.id} was deleted while this file was on its way. Nothing was stored.`);
}

/** What is known of a run's place does not say whether the run is still active. @throws DomainError `invalid` for a deleted run, in MLflow's words. */
export async function refuseInactive(ctx: Ctx, owner: ArtifactOwner): Promise<void> {
  if (owner.kind === "run") requireActiveRun(await requireRunAccess(ctx, { runId: owner.id }, "view"));
}

/** @throws DomainError `invalid`: a name cannot be a file and a folder. */
async function refuseClash(ctx: Ctx, owner: ArtifactOwner, path: string): Promise<void> {
  const { rows } = await ctx.sql.query<{ path: string }>(
    `(SELECT path FROM "Artifact" WHERE root = $1 AND path = ANY($2::text[]) LIMIT 1) UNION ALL (SELECT path FROM "Artifact" WHERE root = $1 AND dir >= $3 AND dir < $4 LIMIT 1)`,
    [owner.root, foldersOf(path), `${path}/`, endOfDir(`${path}/`)],
  );
  if (rows[0]) throw invalid(`Invalid path: '${rows[0].path.slice(0, 200)}' is there, and a name cannot be a file and a folder.`);
}

/** `a/b/c` → `a`, `a/b`. */
const foldersOf = (path: string): string[] => path.split("/").slice(0, -1).map((_, i, all) => all.slice(0, i + 1).join("/"));

/** Removes bytes that no row names any more. A failure leaves them for the clean-up. */
export async function forget(storeKeys: string[]): Promise<void> {
  await getStore()
    .remove(storeKeys)
    .catch((error) => log.info({ count: storeKeys.length, error: String(error) }, "artifacts without a row are left for the clean-up"));
}

export const topicsOf = (owner: ArtifactOwner): string[] => [...(owner.sourceRunId ? [`run:${owner.sourceRunId}`] : []), `experiment:${owner.experimentId}`];
