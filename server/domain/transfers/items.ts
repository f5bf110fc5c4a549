import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";

export type TransferKind = "experiment" | "run" | "model" | "registered" | "version";
export type TransferItem = {
  sourceId: string;
  targetId: string;
  fromUri: string;
  /** Made by the import, not here before. */
  isNew: boolean;
  /** Of what the source held when it was brought whole; "" until then. */
  fingerprint: string;
};

/** What was brought of these, from this source or, under the same id, from another address of it. */
export async function findTransferItems(ctx: Ctx, { source, kind, sourceIds }: { source: string; kind: TransferKind; sourceIds: string[] }): Promise<Map<string, TransferItem>> {
  requireAccess(ctx, "track");
  // Ids of runs and logged models are random, so the same one from another address is the same thing. Those of others are counted.
  const isRandom = kind === "run" || kind === "model";
  const { rows } = await ctx.sql.query<TransferItem & { source: string }>(
    `SELECT source, "sourceId", "targetId", "fromUri", "isNew", fingerprint FROM "TransferItem" WHERE "workspaceId" = $1 AND kind = $2 AND "sourceId" = ANY($3::text[]) AND ($4 OR source = $5)`,
    [ctx.workspaceId, kind, sourceIds, isRandom, source],
  );
  const found = new Map<string, TransferItem>();
  for (const { source: of, ...item } of rows) {
    if (of === source) found.set(item.sourceId, item);
    // From another address it is not known to be whole as this one has it.
    else if (!found.has(item.sourceId)) found.set(item.sourceId, { ...item, fingerprint: "" });
  }
  return found;
}

export async function saveTransferItem(ctx: Ctx, { source, kind, item, tally }: { source: string; kind: TransferKind; item: TransferItem; tally?: object }): Promise<void> {
  requireAccess(ctx, "track");
  await ctx.sql.query(
    `INSERT INTO "TransferItem" ("workspaceId", source, kind, "sourceId", "targetId", "fromUri", "isNew", fingerprint, tally) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT ("workspaceId", source, kind, "sourceId") DO UPDATE SET "targetId" = excluded."targetId", "fromUri" = excluded."fromUri", fingerprint = excluded.fingerprint, tally = excluded.tally`,
    [ctx.workspaceId, source, kind, item.sourceId, item.targetId, item.fromUri, item.isNew, item.fingerprint, JSON.stringify(tally ?? {})],
  );
}

/** Which of these ids are taken here, in any workspace, and by what: the workspace and when the run began. */
export async function findTakenRuns(ctx: Ctx, ids: string[]): Promise<Map<string, { isOurs: boolean; startTimeMs: bigint }>> {
  requireAccess(ctx, "track");
  const { rows } = await ctx.sql.query<{ id: string; isOurs: boolean; startTimeMs: bigint }>(
    `SELECT r.id, e."workspaceId" = $2 AS "isOurs", r."startTimeMs" FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" WHERE r.id = ANY($1::text[])`,
    [ids, ctx.workspaceId],
  );
  return new Map(rows.map(({ id, ...taken }) => [id, taken]));
}

export async function findTakenModels(ctx: Ctx, ids: string[]): Promise<Map<string, { isOurs: boolean; creationTimeMs: bigint }>> {
  requireAccess(ctx, "track");
  const { rows } = await ctx.sql.query<{ id: string; isOurs: boolean; creationTimeMs: bigint }>(
    `SELECT m.id, e."workspaceId" = $2 AS "isOurs", m."creationTimeMs" FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId" WHERE m.id = ANY($1::text[])`,
    [ids, ctx.workspaceId],
  );
  return new Map(rows.map(({ id, ...taken }) => [id, taken]));
}

/** Sizes of the stored artifacts below a root, by path. */
export async function findStoredSizes(ctx: Ctx, root: string): Promise<Map<string, number>> {
  requireAccess(ctx, "track");
  const { rows } = await ctx.sql.query<{ path: string; sizeBytes: bigint }>(`SELECT path, "sizeBytes" FROM "Artifact" WHERE root = $1`, [root]);
  return new Map(rows.map((r) => [r.path, Number(r.sizeBytes)]));
}
