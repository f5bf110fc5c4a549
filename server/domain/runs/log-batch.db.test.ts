import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun, deleteRun, metricHistory, getExactRun, getRun, logBatch, metricSeries, sampleMetrics, setRunTag } from ".";

let ctx: Ctx;
let experimentId: number;
const aRun = async () => (await createRun(ctx, { experimentId })).id;
const point = (key: string, value: number, step: number, timestampMs: number) => ({ key, value, step, timestampMs });

beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
});

test("the latest metric is the greatest by step, time and value, in whatever order batches come", async () => {
  const runId = await aRun();
  await logBatch(ctx, { runId, metrics: [point("m", 1, 5, 100), point("m", 3, 5, 100), point("m", 9, 4, 999)] });
  await logBatch(ctx, { runId, metrics: [point("m", 7, 3, 5000)] });
  expect((await getRun(ctx, { runId })).latestMetrics).toEqual([{ key: "m", value: 3, step: 5, timestampMs: 100 }]);
});

test("a NaN counts as 0 in that order and is kept as NaN; infinities become the largest double", async () => {
  const runId = await aRun();
  await logBatch(ctx, { runId, metrics: [point("a", Number.NaN, 0, 1), point("a", -1, 0, 1), point("b", -Infinity, 0, 1)] });
  const run = await getExactRun(ctx, { runId });
  expect(run.latestMetrics).toEqual([{ key: "a", value: Number.NaN, step: 0n, timestampMs: 1n }, { key: "b", value: -Number.MAX_VALUE, step: 0n, timestampMs: 1n }]);
  expect((await getRun(ctx, { runId })).latestMetrics[0]?.value).toBeNull();
});

test("the history keeps each distinct point once, by time, step and value", async () => {
  const runId = await aRun();
  const metrics = [point("m", 2, 1, 20), point("m", 1, 2, 10), point("m", 1, 1, 20)];
  await logBatch(ctx, { runId, metrics });
  await logBatch(ctx, { runId, metrics });
  const { points: history } = await metricHistory(ctx, { runId, key: "m" });
  expect(history.toArray().map((h) => [h.timestampMs, h.step, h.value])).toEqual([[10n, 2n, 1], [20n, 1n, 1], [20n, 1n, 2]]);
});

test("a history is walked page by page without a gap or a repeat", async () => {
  const runId = await aRun();
  await logBatch(ctx, { runId, metrics: Array.from({ length: 250 }, (_, i) => point("m", (i * 37) % 11 ? i : Number.NaN, i % 7, Math.floor(i / 3))) });
  const all = (await metricHistory(ctx, { runId, key: "m" })).points.toArray();
  const walked = [];
  for (let pageToken: string | undefined, first = true; first || pageToken; first = false) {
    const page = await metricHistory(ctx, { runId, key: "m", limit: 17, pageToken });
    walked.push(...page.points.toArray());
    pageToken = page.nextPageToken;
  }
  expect(all).toHaveLength(250);
  expect(walked).toEqual(all);
});

test("a param keeps its first value, and a refused batch stores nothing", async () => {
  const runId = await aRun();
  await logBatch(ctx, { runId, params: [{ key: "p", value: "1" }] });
  await logBatch(ctx, { runId, params: [{ key: "p", value: "1" }] });
  await expect(logBatch(ctx, { runId, params: [{ key: "p", value: "2" }] })).rejects.toThrow(
    `Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='${runId}'. Attempted logging new value '2'.`,
  );
  const batch = { runId, params: [{ key: "q", value: "x" }, { key: "p", value: "2" }], metrics: [point("m", 1, 0, 0)], tags: [{ key: "t", value: "v" }] };
  await expect(logBatch(ctx, batch)).rejects.toThrow("[{'key': 'p', 'old_value': '1', 'new_value': '2'}]");
  const run = await getRun(ctx, { runId });
  expect([run.params, run.latestMetrics, run.tags.map((t) => t.key)]).toEqual([[{ key: "p", value: "1" }], [], ["mlflow.runName"]]);
});

test("of many writers of one param exactly one value wins", async () => {
  const runId = await aRun();
  const results = await Promise.allSettled(Array.from({ length: 24 }, (_, i) => logBatch(ctx, { runId, params: [{ key: "p", value: String(i) }], metrics: [point("m", i, i, 0)] })));
  expect(results.filter((r) => r.status === "fulfilled")).toHaveLength(1);
  const winner = results.findIndex((r) => r.status === "fulfilled");
  const run = await getRun(ctx, { runId });
  expect([run.params, run.latestMetrics.map((m) => m.value)]).toEqual([[{ key: "p", value: String(winner) }], [winner]]);
});

test("the limits are refused whole, long values are cut", async () => {
  const runId = await aRun();
  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ key: `k${i}`, value: "v" }));
  await expect(logBatch(ctx, { runId, params: many(101) })).rejects.toThrow("at most 100 params. Got 101");
  await expect(logBatch(ctx, { runId, tags: many(100), params: many(100), metrics: Array.from({ length: 801 }, (_, i) => point("m", i, i, i)) })).rejects.toThrow("Got 1001 metrics, params, and tags");
  await expect(logBatch(ctx, { runId, params: [{ key: "a", value: "1" }, { key: "a", value: "1" }] })).rejects.toThrow("Duplicate parameter keys");
  for (const key of ["", "/a", "a/../b", "a//b", "a/", ".", "x".repeat(251), "a;b", "a\n\n"]) {
    await expect(logBatch(ctx, { runId, tags: [{ key, value: "v" }] }), key).rejects.toMatchObject({ kind: "invalid" });
  }
  await logBatch(ctx, { runId, params: [{ key: "p", value: "é".repeat(7000) }], tags: [{ key: "größe/x", value: "😀".repeat(9000) }] });
  const run = await getRun(ctx, { runId });
  expect(run.params[0]?.value).toHaveLength(6000);
  expect([...(run.tags[0]?.value ?? "")]).toHaveLength(8000);
});

test("name and tag mlflow.runName stay equal, and a parent tag moves the run in the tree", async () => {
  const parent = await aRun();
  const runId = await aRun();
  await setRunTag(ctx, { runId, key: "mlflow.runName", value: "new" });
  await setRunTag(ctx, { runId, key: "mlflow.parentRunId", value: parent });
  expect(await getRun(ctx, { runId })).toMatchObject({ name: "new", parentRunId: parent });
});

test("a deleted run takes nothing", async () => {
  const runId = await aRun();
  await deleteRun(ctx, { runId });
  await expect(logBatch(ctx, { runId, metrics: [point("m", 1, 0, 0)] })).rejects.toThrow(`The run ${runId} must be in the 'active' state. Current state is deleted.`);
});

test("a series for a chart keeps the spike, the first and the last point", async () => {
  const runId = await aRun();
  for (let at = 0; at < 3000; at += 1000) await logBatch(ctx, { runId, metrics: Array.from({ length: 1000 }, (_, i) => point("m", at + i === 1234 ? 500 : Math.sin(at + i), at + i, at + i)) });
  const [series] = await metricSeries(ctx, { runIds: [runId], key: "m", maxPoints: 100 });
  expect(series?.totalPoints).toBe(3000);
  expect(series?.points.length).toBeLessThanOrEqual(102);
  expect(series?.points.map((p) => p.step)).toEqual([...(series?.points ?? [])].map((p) => p.step).sort((a, b) => a - b));
  expect(series?.points.some((p) => p.value === 500)).toBe(true);
  expect([series?.points[0]?.step, series?.points.at(-1)?.step]).toEqual([0, 2999]);

  const [sampled] = await sampleMetrics(ctx, { runIds: [runId], key: "m", maxResults: 10 });
  expect(sampled?.points.toArray().map((p) => p.step)).toEqual([0n, 300n, 600n, 900n, 1200n, 1500n, 1800n, 2100n, 2400n, 2999n]);
});
