import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunsAccess } from "./access";
import { askToCompact, mergeFrom } from "./compact-points";
import { findMetricKey } from "./metric-keys";
import { PointList } from "./point-list";
import { loadMerged, readHeaders, withStableSegments } from "./read-points";

export type MetricPoint = { step: number; timestampMs: number; /** Null for NaN. */ value: number | null };
export type MetricSeries = { runId: string; points: MetricPoint[]; totalPoints: number };

const maxRuns = 200;

/**
 * A metric of several runs for a chart, in step order: at most about `maxPoints` each. Of each stretch the lowest and the highest
 * point are kept, so a spike stays visible, and the first and last always. Runs that the caller may not view are an error.
 */
export async function metricSeries(ctx: Ctx, { runIds, key, maxPoints }: { runIds: string[]; key: string; maxPoints: number }): Promise<MetricSeries[]> {
  if (runIds.length > maxRuns) throw invalid(`At most ${maxRuns} runs can be drawn at once.`);
  const runs = await requireRunsAccess(ctx, [...new Set(runIds)], "view");
  const keyId = await findMetricKey(ctx.sql, key);
  const buckets = Math.max(1, Math.floor(Math.min(Math.max(maxPoints, 4), 10_000) / 2));
  const series: MetricSeries[] = [];
  // One run after the other: no more than one whole history is held.
  for (const run of runs) {
    const points = keyId === undefined ? PointList.of([]) : await withStableSegments(() => readWhole(ctx, run.seq, keyId));
    series.push({ runId: run.id, points: keepExtremes(points, buckets).map((row) => toMetricPoint(points, row)), totalPoints: points.length });
  }
  return series;
}

async function readWhole(ctx: Ctx, runSeq: number, keyId: number): Promise<PointList> {
  const headers = await readHeaders(ctx.sql, [runSeq], keyId);
  if (headers.length > mergeFrom * 2) askToCompact(ctx.sql, runSeq, keyId);
  return loadMerged(ctx.sql, headers);
}

const toMetricPoint = (points: PointList, row: number): MetricPoint => ({
  step: Number(points.step(row)),
  timestampMs: Number(points.timestampMs(row)),
  value: Number.isNaN(points.value(row)) ? null : points.value(row),
});

/** The rows of the lowest and the highest of each of `buckets` stretches of equal count, the first and the last; all when they are few. NaN is taken only where there is nothing else. */
export function keepExtremes(points: PointList, buckets: number): number[] {
  const total = points.length;
  if (total <= buckets * 2) return Array.from({ length: total }, (_, row) => row);
  const kept = new Set<number>([0, total - 1]);
  let n = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = Math.min(total, Math.ceil(((bucket + 1) * total) / buckets));
    let low = n;
    let high = n;
    for (; n < end; n++) {
      const value = points.value(n);
      if (value < points.value(low) || Number.isNaN(points.value(low))) low = n;
      if (value > points.value(high) || Number.isNaN(points.value(high))) high = n;
    }
    if (low < end) kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);
}
