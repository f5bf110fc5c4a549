import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunsAccess } from "./access";
import { askToCompact, mergeFrom } from "./compact-points";
import { findMetricKey } from "./metric-keys";
import { PointList } from "./point-list";
import { pointBytes } from "./points";
import { areInOrder, type Header, loadMerged, loadPoints, loadSegments, readHeaders, withStableSegments } from "./read-points";

export type IntervalInput = { runIds: string[]; key: string; startStep?: number; endStep?: number; maxResults: number };
export type SampledMetrics = { runId: string; points: PointList };

/** More points than this out of one segment, and it is read whole. */
const mostPicks = 48;

/**
 * MLflow's get-history-bulk-interval: each run's points evenly sampled by row over (step, timestamp, value), first and last kept.
 * Where segments follow each other, a row's place is known from their counts, and only the sampled points are read.
 *
 * @throws DomainError `invalid` unless both ends of the range are given or none.
 */
export async function sampleMetrics(ctx: Ctx, { runIds, key, startStep, endStep, maxResults }: IntervalInput): Promise<SampledMetrics[]> {
  if (runIds.length === 0 || runIds.length > 100) throw invalid(`GetMetricHistoryBulkInterval request must specify between 1 and 100 run_ids. Received ${runIds.length} run_ids.`);
  if ((startStep === undefined) !== (endStep === undefined)) throw invalid("If either start step or end step are specified, both start step and end step must be specified.");
  if (startStep !== undefined && endStep !== undefined && startStep > endStep) throw invalid("end_step must be greater than start_step.");
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 2500) throw invalid("max_results must be between 1 and 2500.");
  // A run that is not there has no points, as in MLflow.
  const runs = await requireRunsAccess(ctx, [...new Set(runIds)], "view", { skipsMissing: true });
  const keyId = await findMetricKey(ctx.sql, key);
  if (keyId === undefined) return [];
  const range = startStep === undefined || endStep === undefined ? undefined : { from: BigInt(startStep), to: BigInt(endStep) };

  return withStableSegments(async () => {
    const headers = await readHeaders(ctx.sql, runs.map((r) => r.seq), keyId);
    const sampled: SampledMetrics[] = [];
    for (const run of runs) {
      const ofRun = headers.filter((h) => h.runSeq === run.seq);
      if (ofRun.length > mergeFrom * 2) askToCompact(ctx.sql, run.seq, keyId);
      sampled.push({ runId: run.id, points: await sampleRun(ctx, ofRun, range, maxResults) });
    }
    return sampled;
  });
}

type Range = { from: bigint; to: bigint } | undefined;

async function sampleRun(ctx: Ctx, all: Header[], range: Range, maxResults: number): Promise<PointList> {
  const headers = range ? all.filter((h) => h.lastStep >= range.from && h.firstStep <= range.to) : all;
  if (headers.length <= 2 || !areInOrder(headers)) {
    const points = await loadMerged(ctx.sql, headers);
    const inRange = range ? points.slice(...rowsWithin(points, range)) : points;
    return inRange.length <= maxResults ? inRange : inRange.pick(sampledRows(inRange.length, maxResults));
  }
  const parts = await Promise.all(headers.map((h) => partOf(ctx, h, range)));
  const total = parts.reduce((sum, p) => sum + p.count, 0);
  return readRows(ctx, parts, sampledRows(total, maxResults));
}

/** The rows of `total` that are kept: all, or the first of each of `maxResults` buckets of equal size (SQL's ntile), and the last row. */
export function sampledRows(total: number, maxResults: number): number[] {
  if (total <= maxResults) return Array.from({ length: total }, (_, n) => n);
  const size = Math.floor(total / maxResults);
  const larger = total % maxResults;
  const rows = Array.from({ length: maxResults }, (_, j) => j * size + Math.min(j, larger));
  rows[maxResults - 1] = total - 1;
  return rows;
}

type Part = { segment: Header; skip: number; count: number; points?: PointList };

/** What of a segment is within the range; one that the range cuts must be read to know. */
async function partOf(ctx: Ctx, h: Header, range: Range): Promise<Part> {
  if (!range || (h.firstStep >= range.from && h.lastStep <= range.to)) return { segment: h, skip: 0, count: h.count };
  const points = new PointList((await loadSegments(ctx.sql, [h]))[0] as Buffer);
  const [from, to] = rowsWithin(points, range);
  return { segment: h, skip: from, count: to - from, points };
}

/** The first row within a range of steps, and the first behind it. */
function rowsWithin(points: PointList, range: { from: bigint; to: bigint }): [from: number, to: number] {
  let from = 0;
  while (from < points.length && points.step(from) < range.from) from++;
  let to = points.length;
  while (to > from && points.step(to - 1) > range.to) to--;
  return [from, to];
}

async function readRows(ctx: Ctx, parts: Part[], rows: number[]): Promise<PointList> {
  const picks: { part: Part; offset: number }[] = [];
  let at = 0;
  let before = 0;
  for (const row of rows) {
    while (at < parts.length && row >= before + (parts[at] as Part).count) before += (parts[at++] as Part).count;
    const part = parts[at] as Part;
    picks.push({ part, offset: part.skip + row - before });
  }
  const perPart = new Map<Part, number>();
  for (const { part } of picks) perPart.set(part, (perPart.get(part) ?? 0) + 1);
  const whole = [...perPart].filter(([part, n]) => !part.points && n > mostPicks).map(([part]) => part);
  const loaded = await loadSegments(ctx.sql, whole.map((p) => p.segment));
  for (const [i, part] of whole.entries()) part.points = new PointList(loaded[i] as Buffer);
  const single = await loadPoints(ctx.sql, picks.filter((p) => !p.part.points).map((p) => ({ segment: p.part.segment, offset: p.offset })));
  const bytes = Buffer.allocUnsafe(picks.length * pointBytes);
  let next = 0;
  picks.forEach(({ part, offset }, i) => {
    if (part.points) part.points.bytes.copy(bytes, i * pointBytes, offset * pointBytes, (offset + 1) * pointBytes);
    else (single[next++] as Buffer).copy(bytes, i * pointBytes);
  });
  return new PointList(bytes);
}
