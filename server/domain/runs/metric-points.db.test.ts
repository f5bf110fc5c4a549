import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { createExperiment } from "@/server/domain/experiments";
import { aWorkspace } from "@/server/testing";
import { createRun, logBatch, metricHistory, sampleMetrics } from ".";
import { compactSeries } from "./compact-points";
import { findMetricKey } from "./metric-keys";
import { comparePoints, compareInTime, dropRepeats, type Point } from "./points";
import { sampledRows } from "./sample-metrics";

let ctx: Ctx;
let experimentId: number;
beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "points" }));
});

const aPoint = fc.record({
  step: fc.oneof(fc.bigInt(-3n, 30n), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n)),
  timestampMs: fc.oneof(fc.bigInt(0n, 20n), fc.constantFrom(2n ** 63n - 1n)),
  value: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NaN, Number.MAX_VALUE, 5e-324), fc.double({ noNaN: true, noDefaultInfinity: true })),
});
/** As requests: each a list of points; some are sent twice, as by a client that lost the answer. */
const requests = fc.array(fc.array(aPoint, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

async function log(points: Point[][]): Promise<{ runId: string; seq: number; keyId: number }> {
  const run = await createRun(ctx, { experimentId });
  for (const metrics of points) await logBatch(ctx, { runId: run.id, metrics: metrics.map((m) => ({ key: "m", ...m })) });
  const { rows } = await ctx.sql.query(`SELECT seq FROM "Run" WHERE id = $1`, [run.id]);
  return { runId: run.id, seq: rows[0].seq, keyId: (await findMetricKey(ctx.sql, "m")) as number };
}

/** -0 is 0 where points are told apart. */
const plain = (points: Point[]) => points.map((p) => [p.step, p.timestampMs, p.value === 0 ? 0 : p.value]);

async function walk(runId: string, limit: number): Promise<Point[]> {
  const walked: Point[] = [];
  for (let pageToken: string | undefined, isFirst = true; isFirst || pageToken; isFirst = false) {
    const page = await metricHistory(ctx, { runId, key: "m", limit, pageToken });
    expect(page.points.length).toBeLessThanOrEqual(limit);
    walked.push(...page.points.toArray());
    pageToken = page.nextPageToken;
  }
  return walked;
}

test("whatever comes in, in whatever order and how often, is read back once each, by time; merging changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.integer({ min: 1, max: 9 }), async (sent, limit) => {
      const { runId, seq, keyId } = await log([...sent, sent[0] as Point[]]);
      const distinct = dropRepeats(sent.flat().sort(comparePoints));
      const inTime = plain([...distinct].sort(compareInTime));
      expect(plain(await walk(runId, limit))).toEqual(inTime);
      const sampled = async () => (await sampleMetrics(ctx, { runIds: [runId], key: "m", maxResults: 5 }))[0]?.points.toArray() ?? [];
      const expected = plain(sampledRows(distinct.length, 5).map((n) => distinct[n] as Point));
      expect(plain(await sampled())).toEqual(expected);
      await compactSeries(ctx.sql, seq, keyId);
      expect(plain(await walk(runId, limit))).toEqual(inTime);
      expect(plain(await sampled())).toEqual(expected);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test("a long history is merged into full segments, sampled and cut by step without reading it whole, and late points find their place", async () => {
  const step = (i: number): Point => ({ step: BigInt(i), timestampMs: BigInt(1000 + i), value: i / 2 });
  const { runId, seq, keyId } = await log(Array.from({ length: 30 }, (_, b) => Array.from({ length: 500 }, (_, i) => step(b * 500 + i)).filter((p) => p.step !== 7000n)));
  await compactSeries(ctx.sql, seq, keyId);
  const counts = async () => (await ctx.sql.query(`SELECT count FROM "MetricSegment" WHERE "runSeq" = $1 ORDER BY "firstStep"`, [seq])).rows.map((r) => r.count);
  expect(await counts()).toEqual([4096, 4096, 4096, 2711]);
  await logBatch(ctx, { runId, metrics: [{ key: "m", ...step(7000) }] });

  const steps = async (options: { startStep?: number; endStep?: number; maxResults: number }) => {
    const [sampled] = await sampleMetrics(ctx, { runIds: [runId], key: "m", ...options });
    return sampled?.points.toArray().map((p) => Number(p.step)) ?? [];
  };
  const check = async () => {
    expect(await steps({ maxResults: 100 })).toEqual(sampledRows(15_000, 100));
    expect(await steps({ startStep: 4000, endStep: 12_500, maxResults: 50 })).toEqual(sampledRows(8501, 50).map((n) => 4000 + n));
    expect((await walk(runId, 4000)).map((p) => Number(p.step))).toEqual(Array.from({ length: 15_000 }, (_, i) => i));
  };
  await check();
  await compactSeries(ctx.sql, seq, keyId);
  expect((await counts()).reduce((a, b) => a + b)).toBe(15_000);
  await check();
});

test("readers and a merge at once: nobody sees a gap", async () => {
  const { runId, seq, keyId } = await log(Array.from({ length: 60 }, (_, b) => [{ step: BigInt(b), timestampMs: BigInt(b), value: b }]));
  const reads = Array.from({ length: 20 }, () => walk(runId, 7).then((points) => points.length));
  const merges = Array.from({ length: 5 }, () => compactSeries(ctx.sql, seq, keyId));
  expect(new Set(await Promise.all(reads))).toEqual(new Set([60]));
  expect((await Promise.all(merges)).some((n) => n > 0)).toBe(true);
});
