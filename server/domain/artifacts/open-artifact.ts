import type { Readable } from "node:stream";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { type ByteRange, getStore, type RangeChoice } from "@/server/storage";
import { type ArtifactOwner, noArtifact, requireModelOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { mediaTypeOf } from "./media-type";
import { baseName, checkArtifactPath } from "./paths";

export type OpenedArtifact = { stream: Readable; /** Of the whole file. */ sizeBytes: number; range?: ByteRange; mediaType: string; fileName: string };

/** The caller must read or destroy the stream. @throws DomainError `not_found`; `invalid` for a folder. */
export async function openArtifact(ctx: Ctx, { runId, path, range }: { runId: string; path: string; range?: RangeChoice }): Promise<OpenedArtifact> {
  const checked = checkArtifactPath(path);
  return openOf(ctx, await requireRunOwner(ctx, runId, "view"), checked, range);
}

export async function openModelArtifact(ctx: Ctx, { modelId, path, range }: { modelId: string; path: string; range?: RangeChoice }): Promise<OpenedArtifact> {
  const checked = checkArtifactPath(path);
  return openOf(ctx, await requireModelOwner(ctx, modelId, "view"), checked, range);
}

export async function openByProxyPath(ctx: Ctx, { proxyPath, range }: { proxyPath: string; range?: RangeChoice }): Promise<OpenedArtifact> {
  const { owner, path } = await requireOwnerOfKey(ctx, checkArtifactPath(proxyPath), "view");
  if (path === "") throw invalid(`'${proxyPath.slice(0, 300)}' is a directory.`);
  return openOf(ctx, owner, path, range);
}

async function openOf(ctx: Ctx, owner: ArtifactOwner, path: string, range: RangeChoice | undefined): Promise<OpenedArtifact> {
  if (owner.root === "") throw invalid("These artifacts are not kept by this server; read them where their address says.");
  try {
    const opened = await getStore().open(`${owner.root}/${path}`, range);
    return { ...opened, mediaType: mediaTypeOf(path), fileName: baseName(path) };
  } catch (error) {
    if (!(error instanceof DomainError && error.kind === "not_found")) throw error;
    const { rows } = await ctx.sql.query(`SELECT 1 FROM "Artifact" WHERE root = $1 AND starts_with(path, $2) LIMIT 1`, [owner.root, `${path}/`]);
    throw rows.length > 0 ? invalid(`'${path.slice(0, 300)}' is a directory.`) : noArtifact(path);
  }
}
