import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunsAccess } from "./access";
import { askToCompact, mergeFrom } from "./compact-points";
import { findMetricKey } from "./metric-keys";
import { type Point, pointBytes, unpackPoints } from "./points";
import { areInOrder, type Header, loadMerged, loadPoints, loadSegments, readHeaders, withStableSegments } from "./read-points";
import type { ExactMetric } from "./types";

export type IntervalInput = { runIds: string[]; key: string; startStep?: number; endStep?: number; maxResults: number };
export type SampledMetric = ExactMetric & { runId: string };

/** More points than this out of one segment, and it is read whole. */
const mostPicks = 48;

/**
 * MLflow's get-history-bulk-interval: each run's points evenly sampled by row over (step, timestamp, value), first and last kept.
 * Where segments follow each other, a row's place is known from their counts, and only the sampled points are read.
 *
 * @throws DomainError `invalid` unless both ends of the range are given or none.
 */
export async function sampleMetrics(ctx: Ctx, { runIds, key, startStep, endStep, maxResults }: IntervalInput): Promise<SampledMetric[]> {
  if (runIds.length === 0 || runIds.length > 100) throw invalid(`GetMetricHistoryBulkInterval request must specify between 1 and 100 run_ids. Received ${runIds.length} run_ids.`);
  if ((startStep === undefined) !== (endStep === undefined)) throw invalid("If either start step or end step are specified, both start step and end step must be specified.");
  if (startStep !== undefined && endStep !== undefined && startStep > endStep) throw invalid("end_step must be greater than start_step.");
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 2500) throw invalid("max_results must be between 1 and 2500.");
  const runs = await requireRunsAccess(ctx, [...new Set(runIds)], "view");
  const keyId = await findMetricKey(ctx.sql, key);
  if (keyId === undefined) return [];
  const range = startStep === undefined || endStep === undefined ? undefined : { from: BigInt(startStep), to: BigInt(endStep) };

  return withStableSegments(async () => {
    const headers = await readHeaders(ctx.sql, runs.map((r) => r.seq), keyId);
    const sampled: SampledMetric[] = [];
    for (const run of runs) {
      const ofRun = headers.filter((h) => h.runSeq === run.seq);
      if (ofRun.length > mergeFrom * 2) askToCompact(ctx.sql, run.seq, keyId);
      for (const p of await sampleRun(ctx, ofRun, range, maxResults)) sampled.push({ runId: run.id, key, ...p });
    }
    return sampled;
  });
}

type Range = { from: bigint; to: bigint } | undefined;

async function sampleRun(ctx: Ctx, all: Header[], range: Range, maxResults: number): Promise<Point[]> {
  const headers = range ? all.filter((h) => h.lastStep >= range.from && h.firstStep <= range.to) : all;
  if (headers.length <= 2 || !areInOrder(headers)) {
    const points = await loadMerged(ctx.sql, headers);
    const inRange = range ? points.filter((p) => p.step >= range.from && p.step <= range.to) : points;
    return sampledRows(inRange.length, maxResults).map((n) => inRange[n] as Point);
  }
  const parts = await Promise.all(headers.map((h) => partOf(ctx, h, range)));
  const total = parts.reduce((sum, p) => sum + p.count, 0);
  return readRows(ctx, parts, sampledRows(total, maxResults));
}

/** The rows of `total` that are kept: all, or `maxResults` of them, evenly, with the first and the last. */
export function sampledRows(total: number, maxResults: number): number[] {
  if (total <= maxResults) return Array.from({ length: total }, (_, n) => n);
  if (maxResults === 1) return [...new Set([0, total - 1])];
  return Array.from({ length: maxResults }, (_, j) => Math.ceil((j * (total - 1)) / (maxResults - 1)));
}

type Part = { id: bigint; skip: number; count: number; bytes?: Buffer };

/** What of a segment is within the range; one that the range cuts must be read to know. */
async function partOf(ctx: Ctx, h: Header, range: Range): Promise<Part> {
  if (!range || (h.firstStep >= range.from && h.lastStep <= range.to)) return { id: h.id, skip: 0, count: h.count };
  const [bytes] = (await loadSegments(ctx.sql, [h.id])) as [Buffer];
  let skip = 0;
  while (skip < h.count && bytes.readBigInt64BE(skip * pointBytes) < range.from) skip++;
  let end = h.count;
  while (end > skip && bytes.readBigInt64BE((end - 1) * pointBytes) > range.to) end--;
  return { id: h.id, skip, count: end - skip, bytes };
}

async function readRows(ctx: Ctx, parts: Part[], rows: number[]): Promise<Point[]> {
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
  const whole = [...perPart].filter(([part, n]) => !part.bytes && n > mostPicks).map(([part]) => part);
  const loaded = await loadSegments(ctx.sql, whole.map((p) => p.id));
  for (const [i, part] of whole.entries()) part.bytes = loaded[i];
  const single = await loadPoints(ctx.sql, picks.filter((p) => !p.part.bytes).map((p) => ({ id: p.part.id, offset: p.offset })));
  let next = 0;
  return picks.map(({ part, offset }) => (part.bytes ? unpackPoints(part.bytes.subarray(offset * pointBytes, (offset + 1) * pointBytes))[0] : single[next++]) as Point);
}
