import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunsAccess } from "./access";
import { askToCompact, mergeFrom } from "./compact-points";
import type { MetricPoint } from "./metric-history";
import { findMetricKey } from "./metric-keys";
import type { Point } from "./points";
import { loadMerged, readHeaders, withStableSegments } from "./read-points";

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
    const points = keyId === undefined ? [] : await withStableSegments(() => readWhole(ctx, run.seq, keyId));
    series.push({ runId: run.id, points: keepExtremes(points, buckets).map(toMetricPoint), totalPoints: points.length });
  }
  return series;
}

async function readWhole(ctx: Ctx, runSeq: number, keyId: number): Promise<Point[]> {
  const headers = await readHeaders(ctx.sql, [runSeq], keyId);
  if (headers.length > mergeFrom * 2) askToCompact(ctx.sql, runSeq, keyId);
  return loadMerged(ctx.sql, headers);
}

const toMetricPoint = (p: Point): MetricPoint => ({ step: Number(p.step), timestampMs: Number(p.timestampMs), value: Number.isNaN(p.value) ? null : p.value });

/** The lowest and the highest of each of `buckets` stretches of equal count, the first and the last; all when they are few. NaN is taken only where there is nothing else. */
export function keepExtremes(points: Point[], buckets: number): Point[] {
  const total = points.length;
  if (total <= buckets * 2) return points;
  const kept = new Set<number>([0, total - 1]);
  let n = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = Math.min(total, Math.ceil(((bucket + 1) * total) / buckets));
    let low = n;
    let high = n;
    for (; n < end; n++) {
      const { value } = points[n] as Point;
      if (value < (points[low] as Point).value || Number.isNaN((points[low] as Point).value)) low = n;
      if (value > (points[high] as Point).value || Number.isNaN((points[high] as Point).value)) high = n;
    }
    if (low < end) kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b).map((i) => points[i] as Point);
}
