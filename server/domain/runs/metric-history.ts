import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { type AccessibleRun, requireRunAccess } from "./access";
import { askToCompact, mergeFrom } from "./compact-points";
import { findMetricKey } from "./metric-keys";
import { PointList } from "./point-list";
import type { Point } from "./points";
import { type Header, loadMerged, readHeaders, withStableSegments } from "./read-points";

export type MetricHistoryInput = { runId: string; key: string; limit?: number; pageToken?: string };

const maxLimit = 250_000;

/** All points of a metric, by time, step, value. An unknown run or key has none. */
export async function metricHistory(ctx: Ctx, { runId, key, limit, pageToken }: MetricHistoryInput): Promise<{ points: PointList; nextPageToken?: string }> {
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied. It must be at least 1.`);
  const after = readToken(pageToken);
  const run = await findRun(ctx, runId);
  const keyId = run && (await findMetricKey(ctx.sql, key));
  if (!run || keyId === undefined) return { points: PointList.of([]) };
  const most = Math.min(limit ?? maxLimit, maxLimit);
  const points = await withStableSegments(() => readInTime(ctx, run.seq, keyId, most + 1, after));
  return points.length > most ? { points: points.slice(0, most), nextPageToken: writeToken(points.at(most - 1)) } : { points };
}

async function findRun(ctx: Ctx, runId: string): Promise<AccessibleRun | undefined> {
  return requireRunAccess(ctx, { runId }, "view").catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === "not_found") return undefined;
    throw error;
  });
}

/** The first `want` points in time behind a point, out of no more segments than can hold them. */
async function readInTime(ctx: Ctx, runSeq: number, keyId: number, want: number, after: Point | undefined): Promise<PointList> {
  let headers = await readHeaders(ctx.sql, [runSeq], keyId);
  if (headers.length > mergeFrom * 2) askToCompact(ctx.sql, runSeq, keyId);
  if (after) headers = headers.filter((h) => h.maxTimestampMs >= after.timestampMs);
  const byTime = [...headers].sort((a, b) => (a.minTimestampMs < b.minTimestampMs ? -1 : a.minTimestampMs > b.minTimestampMs ? 1 : 0));
  for (let enough = want; ; enough *= 2) {
    const chosen = chooseInTime(byTime, enough, after);
    const points = (await loadMerged(ctx.sql, headers.filter((h) => chosen.has(h)))).inTimeOrder();
    const rest = after ? points.slice(points.countUntil(after)) : points;
    // Repeats that fell away may have left too few.
    if (rest.length >= want || chosen.size === byTime.length) return rest.slice(0, want);
  }
}

/** Segments in the order of time until those that lie wholly behind the token hold enough, and no other begins among them. */
function chooseInTime(byTime: Header[], enough: number, after: Point | undefined): Set<Header> {
  const chosen = new Set<Header>();
  let sure = 0;
  let until = -1n;
  for (const h of byTime) {
    if (sure >= enough && h.minTimestampMs > until) break;
    chosen.add(h);
    if (!after || h.minTimestampMs > after.timestampMs) sure += h.count;
    if (h.maxTimestampMs > until) until = h.maxTimestampMs;
  }
  return chosen;
}

/** A page begins after a point, not at a count: a deep page costs no more than the first. */
const writeToken = (p: Point): string => Buffer.from(JSON.stringify({ after: [String(p.timestampMs), String(p.step), String(p.value)] })).toString("base64");

function readToken(token: string | undefined): Point | undefined {
  if (!token) return undefined;
  try {
    if (token.length < 400) {
      const { after } = JSON.parse(Buffer.from(token, "base64").toString("utf8")) as { after?: unknown[] };
      const [time, step, value] = after ?? [];
      const isInt = (v: unknown): v is string => typeof v === "string" && /^-?\d{1,19}$/.test(v);
      if (isInt(time) && isInt(step) && typeof value === "string" && (value === "NaN" || Number.isFinite(Number(value)))) {
        return { timestampMs: BigInt(time), step: BigInt(step), value: Number(value) };
      }
    }
  } catch {
    // falls through to the one answer
  }
  throw invalid("Invalid page token, could not base64-decode");
}
