import type { Ctx } from "@/server/ctx";
import type { RunRow } from "./rows";
import type { DatasetInput, ExactRun, KeyValue } from "./types";

type DataRow = { runSeq: number; kind: "m" | "p" | "t"; key: string; text: string | null; value: number | null; step: bigint | null; timestampMs: bigint | null };
type LinkRow = {
  runId: string; modelId: string | null; isOutput: boolean; step: bigint | null; tags: KeyValue[] | null;
  name: string | null; digest: string | null; sourceType: string | null; source: string | null; schema: string | null; profile: string | null;
};

const dataSql = `SELECT l."runSeq", 'm' AS kind, k.name AS key, NULL AS text, l.value, l.step, l."timestampMs" FROM "LatestMetric" l JOIN "MetricKey" k ON k.id = l."keyId" WHERE l."runSeq" = ANY($1::int4[])
  UNION ALL SELECT "runSeq", 'p', key, value, NULL, NULL, NULL FROM "Param" WHERE "runSeq" = ANY($1::int4[])
  UNION ALL SELECT "runSeq", 't', key, value, NULL, NULL, NULL FROM "Tag" WHERE "runSeq" = ANY($1::int4[])`;

const linkSql = `SELECT i."runId", i."modelId", false AS "isOutput", NULL::int8 AS step, i.tags, d.name, d.digest, d."sourceType", d.source, d.schema, d.profile
    FROM "Input" i LEFT JOIN "Dataset" d ON d.id = i."datasetId" WHERE i."runId" = ANY($1::text[])
  UNION ALL SELECT o."runId", o."modelId", true, o.step, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM "RunOutput" o WHERE o."runId" = ANY($1::text[])`;

/** Gives each run its latest metrics, params, tags (in key order), inputs and outputs; two queries for any number of runs. */
export async function hydrateRuns(ctx: Ctx, rows: RunRow[]): Promise<ExactRun[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((r) => r.id);
  const [data, links] = await Promise.all([
    ctx.sql.query<DataRow>({ name: "run-data", text: dataSql }, [rows.map((r) => r.seq)]),
    ctx.sql.query<LinkRow>({ name: "run-links", text: linkSql }, [ids]),
  ]);
  const bySeq = new Map<number, ExactRun>();
  const runs = new Map<string, ExactRun>(
    rows.map((r) => [
      r.id,
      {
        id: r.id, experimentId: r.experimentId, name: r.name, status: r.status, startTimeMs: r.startTimeMs, endTimeMs: r.endTimeMs,
        lifecycleStage: r.lifecycleStage, artifactUri: r.artifactUri, userId: r.userId, parentRunId: r.parentRunId,
        params: [], tags: [], latestMetrics: [], inputs: { datasets: [], models: [] }, outputs: { models: [] },
      },
    ]),
  );
  for (const r of rows) bySeq.set(r.seq, runs.get(r.id) as ExactRun);
  for (const d of data.rows) {
    const run = bySeq.get(d.runSeq);
    if (!run) continue;
    if (d.kind === "p") run.params.push({ key: d.key, value: d.text ?? "" });
    else if (d.kind === "t") run.tags.push({ key: d.key, value: d.text ?? "" });
    else run.latestMetrics.push({ key: d.key, value: d.value ?? 0, step: d.step ?? 0n, timestampMs: d.timestampMs ?? 0n });
  }
  for (const l of links.rows) {
    const run = runs.get(l.runId);
    if (!run) continue;
    if (l.isOutput) run.outputs.models.push({ modelId: l.modelId ?? "", step: l.step ?? 0n });
    else if (l.modelId !== null) run.inputs.models.push({ modelId: l.modelId });
    else run.inputs.datasets.push(toDatasetInput(l));
  }
  const result = [...runs.values()];
  for (const run of result) for (const list of [run.params, run.tags, run.latestMetrics]) list.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return result;
}

function toDatasetInput(l: LinkRow): DatasetInput {
  return {
    dataset: { name: l.name ?? "", digest: l.digest ?? "", sourceType: l.sourceType ?? "", source: l.source ?? "", schema: l.schema, profile: l.profile },
    tags: l.tags ?? [],
  };
}
