import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { type ArtifactOwner, requireModelOwner, requireOwnerOfKey } from "./access";
import { checkArtifactPath, endOfDir } from "./paths";
import { forget, refuseInactive, topicsOf } from "./put-artifact";

const batchSize = 2_000;

/** Removes a file or a folder; nothing there: nothing happens. */
export async function deleteByProxyPath(ctx: Ctx, { proxyPath }: { proxyPath: string }): Promise<void> {
  const { owner, path } = await requireOwnerOfKey(ctx, checkArtifactPath(proxyPath), "track");
  await remove(ctx, owner, path);
}

export async function removeModelArtifacts(ctx: Ctx, { modelId }: { modelId: string }): Promise<void> {
  await remove(ctx, await requireModelOwner(ctx, modelId, "track"), "");
}

/** First the rows, then the bytes: a crash between the two leaves files that nothing points to. */
async function remove(ctx: Ctx, owner: ArtifactOwner, path: string): Promise<void> {
  if (owner.root === "") return;
  await refuseInactive(ctx, owner);
  const dir = path === "" ? "" : `${path}/`;
  for (;;) {
    const { rows } = await ctx.sql.query<{ storeKey: string }>(
      `DELETE FROM "Artifact" WHERE root = $1 AND path IN (
         SELECT path FROM "Artifact" WHERE root = $1 AND dir >= $3 AND dir < $4 UNION ALL SELECT path FROM "Artifact" WHERE root = $1 AND path = $2 LIMIT $5)
       RETURNING "storeKey"`,
      [owner.root, path, dir, endOfDir(dir), batchSize],
    );
    await forget(rows.map((r) => r.storeKey));
    if (rows.length < batchSize) break;
  }
  announce(ctx, ...topicsOf(owner));
}
