import { Readable } from "node:stream";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { type ByteRange, getStore, isSmallFile, type OpenedBytes, readSmall } from "@/server/storage";
import { type ArtifactOwner, noArtifact, requireModelOwner, requireOwnerOfKey, requireRunOwner } from "./access";
import { mediaTypeOf } from "./media-type";
import { baseName, checkArtifactPath, endOfDir } from "./paths";

/** A range, or what to make of the file's size once that is known; it may throw. */
export type RangeChoice = ByteRange | ((sizeBytes: number) => ByteRange | undefined);
/** Must be read, by `pump` or as a stream, or closed, unless `bytes` are there. */
export type OpenedArtifact = Pick<OpenedBytes, "stream" | "pump" | "close"> & {
  /** What the stream would give, where it is in memory anyway. */
  bytes?: Buffer;
  /** Of the whole file. */
  sizeBytes: number;
  range?: ByteRange;
  mediaType: string;
  fileName: string;
};

/** @throws DomainError `not_found`; `invalid` for a folder. */
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

const find = { name: "artifact-find", text: `SELECT "storeKey", "sizeBytes" FROM "Artifact" WHERE root = $1 AND path = $2` };

async function openOf(ctx: Ctx, owner: ArtifactOwner, path: string, range: RangeChoice | undefined): Promise<OpenedArtifact> {
  if (owner.root === "") throw invalid("These artifacts are not kept by this server; read them where their address says.");
  // Whoever replaces a file removes the bytes that the row named a moment ago; the row then names others.
  for (let triedKey = ""; ; ) {
    const { rows } = await ctx.sql.query<{ storeKey: string; sizeBytes: bigint }>(find, [owner.root, path]);
    const row = rows[0];
    if (!row || row.storeKey === triedKey) throw await missing(ctx, owner, path);
    try {
      return await openBytes(row.storeKey, Number(row.sizeBytes), path, range);
    } catch (error) {
      if (!(error instanceof DomainError && error.kind === "not_found")) throw error;
      triedKey = row.storeKey;
    }
  }
}

async function openBytes(storeKey: string, sizeBytes: number, path: string, choice: RangeChoice | undefined): Promise<OpenedArtifact> {
  const range = typeof choice === "function" ? choice(sizeBytes) : choice;
  const about = { sizeBytes, mediaType: mediaTypeOf(path), fileName: baseName(path), ...(range ? { range } : {}) };
  if (!isSmallFile(sizeBytes)) {
    // Not spread: the stream is made when it is asked for.
    return Object.assign(await getStore().open(storeKey, range), about);
  }
  const whole = await readSmall(storeKey, sizeBytes);
  const bytes = range ? whole.subarray(range.start, range.end + 1) : whole;
  return {
    ...about,
    bytes,
    get stream() {
      return Readable.from([bytes], { objectMode: false });
    },
    pump: (write) => write(bytes),
    close: async () => {},
  };
}

async function missing(ctx: Ctx, owner: ArtifactOwner, path: string): Promise<DomainError> {
  const { rows } = await ctx.sql.query(`SELECT 1 FROM "Artifact" WHERE root = $1 AND dir >= $2 AND dir < $3 LIMIT 1`, [owner.root, `${path}/`, endOfDir(`${path}/`)]);
  return rows.length > 0 ? invalid(`'${path.slice(0, 300)}' is a directory.`) : noArtifact(path);
}
