import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunAccess } from "./access";
import type { MetricPoint } from "./metric-history";

export type MetricSeries = { runId: string; points: MetricPoint[]; totalPoints: number };
type Row = { runId: string; step: bigint; timestampMs: bigint; value: number; isNan: boolean; total: bigint };

const maxRuns = 200;

/**
 * A metric of several runs for a chart, in step order: at most about `maxPoints` each. Of each stretch the lowest and the highest
 * point are kept, so a spike stays visible, and the first and last always. Runs that the caller may not view are an error.
 */
export async function metricSeries(ctx: Ctx, { runIds, key, maxPoints }: { runIds: string[]; key: string; maxPoints: number }): Promise<MetricSeries[]> {
  if (runIds.length > maxRuns) throw invalid(`At most ${maxRuns} runs can be drawn at once.`);
  const unique = [...new Set(runIds)];
  await Promise.all(unique.map((runId) => requireRunAccess(ctx, { runId }, "view")));
  const buckets = Math.max(1, Math.floor(Math.min(Math.max(maxPoints, 4), 10_000) / 2));
  const { rows } = await ctx.sql.query<Row>(
    `WITH numbered AS (
       SELECT "runId", step, "timestampMs", value, "isNan", row_number() OVER w - 1 AS n, count(*) OVER (PARTITION BY "runId") AS total
       FROM "Metric" WHERE "runId" = ANY($1::text[]) AND key = $2
       WINDOW w AS (PARTITION BY "runId" ORDER BY step, "timestampMs", value, "isNan")
     ), ranked AS (
       SELECT *, row_number() OVER (PARTITION BY "runId", n * $3::int8 / total ORDER BY "isNan", value, n) AS low,
         row_number() OVER (PARTITION BY "runId", n * $3::int8 / total ORDER BY "isNan", value DESC, n) AS high
       FROM numbered WHERE total > $3::int8 * 2
     )
     SELECT "runId", step, "timestampMs", value, "isNan", total, n FROM numbered WHERE total <= $3::int8 * 2
     UNION ALL
     SELECT "runId", step, "timestampMs", value, "isNan", total, n FROM ranked WHERE low = 1 OR high = 1 OR n = 0 OR n = total - 1
     ORDER BY "runId", n`,
    [unique, key, buckets],
  );
  const byRun = new Map<string, MetricSeries>(unique.map((runId) => [runId, { runId, points: [], totalPoints: 0 }]));
  for (const r of rows) {
    const series = byRun.get(r.runId);
    if (!series) continue;
    series.totalPoints = Number(r.total);
    series.points.push({ step: Number(r.step), timestampMs: Number(r.timestampMs), value: r.isNan ? null : r.value });
  }
  return [...byRun.values()];
}

export type IntervalInput = { runIds: string[]; key: string; startStep?: number; endStep?: number; maxResults: number };

/**
 * MLflow's get-history-bulk-interval: each run's points evenly sampled by row over (step, timestamp, value), first and last kept.
 *
 * @throws DomainError `invalid` unless both ends of the range are given or none.
 */
export async function sampleMetrics(ctx: Ctx, { runIds, key, startStep, endStep, maxResults }: IntervalInput) {
  if (runIds.length === 0 || runIds.length > 100) throw invalid(`GetMetricHistoryBulkInterval request must specify between 1 and 100 run_ids. Received ${runIds.length} run_ids.`);
  if ((startStep === undefined) !== (endStep === undefined)) throw invalid("If either start step or end step are specified, both start step and end step must be specified.");
  if (startStep !== undefined && endStep !== undefined && startStep > endStep) throw invalid("end_step must be greater than start_step.");
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 2500) throw invalid("max_results must be between 1 and 2500.");
  const unique = [...new Set(runIds)];
  await Promise.all(unique.map((runId) => requireRunAccess(ctx, { runId }, "view")));
  const { rows } = await ctx.sql.query<Row>(
    `WITH numbered AS (
       SELECT "runId", step, "timestampMs", value, "isNan", row_number() OVER w - 1 AS n, count(*) OVER (PARTITION BY "runId") AS total
       FROM "Metric" WHERE "runId" = ANY($1::text[]) AND key = $2 AND ($4::int8 IS NULL OR step BETWEEN $4 AND $5)
       WINDOW w AS (PARTITION BY "runId" ORDER BY step, "timestampMs", value, "isNan")
     )
     SELECT "runId", step, "timestampMs", value, "isNan", total, n FROM numbered
     WHERE total <= $3::int8 OR n = total - 1 OR n = 0 OR n * ($3::int8 - 1) / (total - 1) <> (n - 1) * ($3::int8 - 1) / (total - 1)
     ORDER BY array_position($1::text[], "runId"), n`,
    [unique, key, maxResults, startStep ?? null, endStep ?? null],
  );
  return rows.map((r) => ({ runId: r.runId, key, step: r.step, timestampMs: r.timestampMs, value: r.isNan ? Number.NaN : r.value }));
}
