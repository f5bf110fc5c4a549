/*
 * The statement behind log-batch: one round trip, set-based, and whole by itself. The run's row is updated first and so locked,
 * which puts batches of one run in a row; every other part reads the run from there.
 */

export type Columns = { keys: string[]; steps: bigint[]; timestamps: bigint[]; values: string[]; areNan: boolean[] };
export type Batch = {
  params?: { keys: string[]; values: string[] };
  tags?: { keys: string[]; values: string[] };
  metrics?: Columns;
  /** The latest point of each key within the batch. */
  latest?: Columns;
  modelMetrics?: Columns & { modelIds: string[]; datasetNames: string[]; datasetDigests: string[]; mayWrite?: string[] | null };
};

/** No row: there is no such active run. `changed` lists params that were there with another value. */
export type BatchResult = { changed: { key: string; value: string }[] | null };
type RunValues = { runId: string; workspaceId: string; name: string | null; setsParent: boolean; parentRunId: string | null };

export function batchStatement(batch: Batch, run: RunValues): { name: string; text: string; list: unknown[] } {
  const list: unknown[] = [run.runId, run.name, run.setsParent, run.parentRunId];
  const add = (value: unknown, type: string) => `$${list.push(value)}::${type}`;
  const points = (c: Columns) =>
    `${add(c.keys, "text[]")}, ${add(c.steps, "int8[]")}, ${add(c.timestamps, "int8[]")}, ${add(c.values, "float8[]")}, ${add(c.areNan, "bool[]")}`;
  const pairs = (c: { keys: string[]; values: string[] }) => `${add(c.keys, "text[]")}, ${add(c.values, "text[]")}`;

  const parts = [
    `run AS (UPDATE "Run" r SET revision = r.revision + 1, name = coalesce($2::text, r.name),
       "parentRunId" = CASE WHEN $3::bool THEN $4::text ELSE r."parentRunId" END
       WHERE r.id = $1 AND r."lifecycleStage" = 'active' RETURNING r.id, r."experimentId")`,
  ];
  let changed = "NULL";
  if (batch.params) {
    const unnest = `unnest(${pairs(batch.params)}) p(key, value)`;
    parts.push(`param AS (INSERT INTO "Param" ("runId", key, value, "experimentId")
       SELECT run.id, p.key, p.value, run."experimentId" FROM run, ${unnest}
       ON CONFLICT ("runId", key) DO UPDATE SET value = "Param".value RETURNING key, value)`);
    changed = `(SELECT jsonb_agg(jsonb_build_object('key', param.key, 'value', param.value)) FROM param JOIN ${unnest} ON p.key = param.key WHERE p.value <> param.value)`;
  }
  if (batch.metrics) {
    parts.push(`metric AS (INSERT INTO "Metric" ("runId", key, step, "timestampMs", value, "isNan")
       SELECT run.id, m.* FROM run, unnest(${points(batch.metrics)}) m ON CONFLICT DO NOTHING)`);
  }
  if (batch.latest) {
    parts.push(`latest AS (INSERT INTO "LatestMetric" AS l ("runId", key, step, "timestampMs", value, "isNan", "experimentId")
       SELECT run.id, m.*, run."experimentId" FROM run, unnest(${points(batch.latest)}) m
       ON CONFLICT ("runId", key) DO UPDATE SET step = excluded.step, "timestampMs" = excluded."timestampMs", value = excluded.value, "isNan" = excluded."isNan"
       WHERE (excluded.step, excluded."timestampMs", excluded.value) > (l.step, l."timestampMs", l.value))`);
  }
  if (batch.modelMetrics) {
    const m = batch.modelMetrics;
    parts.push(`model AS (INSERT INTO "LoggedModelMetric" (key, step, "timestampMs", value, "isNan", "modelId", "datasetName", "datasetDigest", "runId")
       SELECT m.key, m.step, m.timestamp, m.value, m.nan, m.model, m.dataset, m.digest, run.id
       FROM run, unnest(${points(m)}, ${add(m.modelIds, "text[]")}, ${add(m.datasetNames, "text[]")}, ${add(m.datasetDigests, "text[]")}) m(key, step, timestamp, value, nan, model, dataset, digest)
       JOIN "LoggedModel" lm ON lm.id = m.model AND lm."deletedAtMs" IS NULL AND (${add(m.mayWrite ?? null, "text[]")} IS NULL OR lm.id = ANY(${add(m.mayWrite ?? null, "text[]")})) JOIN "Experiment" e ON e.id = lm."experimentId" AND e."workspaceId" = ${add(run.workspaceId, "text")}
       ON CONFLICT DO NOTHING)`);
  }
  if (batch.tags) {
    parts.push(`tag AS (INSERT INTO "Tag" ("runId", key, value, "experimentId")
       SELECT run.id, t.key, t.value, run."experimentId" FROM run, unnest(${pairs(batch.tags)}) t(key, value)
       ON CONFLICT ("runId", key) DO UPDATE SET value = excluded.value)`);
  }
  const name = `log-batch-${["params", "metrics", "modelMetrics", "tags"].filter((k) => k in batch && batch[k as keyof Batch]).join("-")}`;
  return { name, text: `WITH ${parts.join(",\n ")}\n SELECT ${changed} AS changed FROM run`, list };
}
