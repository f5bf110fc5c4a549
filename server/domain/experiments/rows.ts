import type { Ctx } from "@/server/ctx";
import type { Experiment, KeyValue, LifecycleStage } from "./types";

export type ExperimentRow = {
  id: number;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTimeMs: bigint;
  lastUpdateTimeMs: bigint;
};

export const experimentColumns = `e.id, e.name, e."artifactLocation", e."lifecycleStage", e."creationTimeMs", e."lastUpdateTimeMs"`;

/** Gives each row its tags, in key order. */
export async function withTags(ctx: Ctx, rows: ExperimentRow[]): Promise<Experiment[]> {
  if (rows.length === 0) return [];
  const found = await ctx.sql.query<KeyValue & { experimentId: number }>(
    `SELECT "experimentId", key, value FROM "ExperimentTag" WHERE "experimentId" = ANY($1::int[]) ORDER BY key COLLATE "C"`,
    [rows.map((r) => r.id)],
  );
  const byId = new Map<number, KeyValue[]>();
  for (const { experimentId, key, value } of found.rows) {
    const tags = byId.get(experimentId) ?? [];
    tags.push({ key, value });
    byId.set(experimentId, tags);
  }
  return rows.map((r) => ({
    ...r,
    creationTimeMs: Number(r.creationTimeMs),
    lastUpdateTimeMs: Number(r.lastUpdateTimeMs),
    tags: byId.get(r.id) ?? [],
  }));
}
