import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";

type Where = { source: string };
const item = (kind: string) => `SELECT "targetId" AS id FROM "TransferItem" WHERE "workspaceId" = $1 AND source = $2 AND kind = '${kind}'`;
const runs = `(SELECT r.seq, r.id, r."artifactUri" FROM "Run" r JOIN (${item("run")}) i ON i.id = r.id)`;
const models = `(SELECT m.id, m."artifactUri" FROM "LoggedModel" m JOIN (${item("model")}) i ON i.id = m.id)`;
const registered = `(SELECT m.id, m.name FROM "RegisteredModel" m JOIN (${item("registered")}) i ON i.id = m.name WHERE m."workspaceId" = $1)`;
const versions = `(SELECT v."modelId", v.version FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId" JOIN (${item("version")}) i ON i.id = m.name || '/' || v.version WHERE m."workspaceId" = $1)`;
const rootOf = (uri: string) => `regexp_replace(${uri}, '^mlflow-artifacts:(//[^/]*)?/', '')`;

/** What is stored here of all that was brought from a source, counted in the tables of the nouns themselves. */
export async function countBrought(ctx: Ctx, { source }: Where): Promise<Record<string, number>> {
  requireAccess(ctx, "track");
  const counts: Record<string, string> = {
    experiments: `SELECT count(*) FROM "Experiment" e JOIN (${item("experiment")}) i ON i.id = e.id::text`,
    runs: `SELECT count(*) FROM ${runs} r`,
    params: `SELECT count(*) FROM "Param" p JOIN ${runs} r ON r.seq = p."runSeq"`,
    tags: `SELECT count(*) FROM "Tag" t JOIN ${runs} r ON r.seq = t."runSeq"`,
    metricPoints: `SELECT coalesce(sum(s.count), 0) FROM "MetricSegment" s JOIN ${runs} r ON r.seq = s."runSeq"`,
    datasets: `SELECT count(*) FROM "Input" n JOIN ${runs} r ON r.id = n."runId" WHERE n."datasetId" IS NOT NULL`,
    modelInputs: `SELECT count(*) FROM "Input" n JOIN ${runs} r ON r.id = n."runId" WHERE n."modelId" IS NOT NULL`,
    modelOutputs: `SELECT count(*) FROM "RunOutput" o JOIN ${runs} r ON r.id = o."runId"`,
    loggedModels: `SELECT count(*) FROM ${models} m`,
    loggedModelParams: `SELECT count(*) FROM "LoggedModelParam" p JOIN ${models} m ON m.id = p."modelId"`,
    loggedModelTags: `SELECT count(*) FROM "LoggedModelTag" t JOIN ${models} m ON m.id = t."modelId"`,
    loggedModelMetrics: `SELECT count(*) FROM "LoggedModelMetric" x JOIN ${models} m ON m.id = x."modelId"`,
    artifactFiles: `SELECT count(*) FROM "Artifact" a JOIN (SELECT ${rootOf('r."artifactUri"')} AS root FROM ${runs} r UNION SELECT ${rootOf('m."artifactUri"')} FROM ${models} m) o ON o.root = a.root`,
    artifactBytes: `SELECT coalesce(sum(a."sizeBytes"), 0) FROM "Artifact" a JOIN (SELECT ${rootOf('r."artifactUri"')} AS root FROM ${runs} r UNION SELECT ${rootOf('m."artifactUri"')} FROM ${models} m) o ON o.root = a.root`,
    experimentTags: `SELECT count(*) FROM "ExperimentTag" t JOIN (${item("experiment")}) i ON i.id = t."experimentId"::text`,
    registeredModels: `SELECT count(*) FROM ${registered} m`,
    registeredModelTags: `SELECT count(*) FROM "RegisteredModelTag" t JOIN ${registered} m ON m.id = t."modelId"`,
    aliases: `SELECT count(*) FROM "ModelAlias" a JOIN ${registered} m ON m.id = a."modelId"`,
    modelVersions: `SELECT count(*) FROM ${versions} v`,
    modelVersionTags: `SELECT count(*) FROM "ModelVersionTag" t JOIN ${versions} v ON v."modelId" = t."modelId" AND v.version = t.version`,
  };
  const result: Record<string, number> = {};
  for (const [noun, sql] of Object.entries(counts)) {
    const { rows } = await ctx.sql.query<{ n: string | number | bigint }>(`SELECT n::int8 FROM (${sql}) c(n)`, [ctx.workspaceId, source]);
    result[noun] = Number(rows[0]?.n ?? 0);
  }
  return result;
}

/** What the source held of all that was brought whole, as it was counted on the way. */
export async function sumTallies(ctx: Ctx, { source }: Where): Promise<Record<string, number>> {
  requireAccess(ctx, "track");
  const { rows } = await ctx.sql.query<{ noun: string; n: bigint }>(
    `SELECT t.key AS noun, sum(t.value::int8)::int8 AS n FROM "TransferItem" i, jsonb_each_text(i.tally) t(key, value) WHERE i."workspaceId" = $1 AND i.source = $2 GROUP BY t.key`,
    [ctx.workspaceId, source],
  );
  return Object.fromEntries(rows.map((r) => [r.noun, Number(r.n)]));
}

/** Runs whose stored points are more or fewer than their source's, which may be repeats that were not merged yet. */
export async function findUnevenRuns(ctx: Ctx, { source }: Where): Promise<{ runId: string; points: number }[]> {
  requireAccess(ctx, "track");
  const { rows } = await ctx.sql.query<{ runId: string; points: bigint }>(
    `SELECT r.id AS "runId", coalesce((i.tally->>'metricPoints')::int8, 0) AS points FROM "TransferItem" i JOIN "Run" r ON r.id = i."targetId"
     WHERE i."workspaceId" = $1 AND i.source = $2 AND i.kind = 'run'
       AND coalesce((SELECT sum(s.count) FROM "MetricSegment" s WHERE s."runSeq" = r.seq), 0) <> coalesce((i.tally->>'metricPoints')::int8, 0) LIMIT 10000`,
    [ctx.workspaceId, source],
  );
  return rows.map((r) => ({ runId: r.runId, points: Number(r.points) }));
}
