import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun, deleteRun, logBatch, logInputs, searchRuns } from ".";

let ctx: Ctx;
let experimentId: number;
const named = new Map<string, string>();

async function aRun(name: string, metric: number | undefined, params: Record<string, string>, startTimeMs: number) {
  const { id } = await createRun(ctx, { experimentId, name, startTimeMs, userId: "ada" });
  named.set(id, name);
  await logBatch(ctx, {
    runId: id,
    metrics: metric === undefined ? [] : [{ key: "acc", value: metric, step: 0, timestampMs: 1 }],
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
    tags: [{ key: "half 100", value: `${name}_x` }],
  });
  return id;
}

beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
  await aRun("low", 0.1, { lr: "0.1", Case: "Aa" }, 10);
  const high = await aRun("high", 0.9, { lr: "0.2" }, 20);
  await aRun("nan", Number.NaN, { lr: "0.1" }, 30);
  await aRun("none", undefined, {}, 40);
  await deleteRun(ctx, { runId: await aRun("gone", 0.5, { lr: "0.1" }, 50) });
  await logInputs(ctx, { runId: high, datasets: [{ dataset: { name: "iris", digest: "d1", sourceType: "local", source: "{}" }, tags: [{ key: "mlflow.data.context", value: "train" }] }] });
});

const find = async (filter: string, orderBy?: string[], more: Partial<Parameters<typeof searchRuns>[1]> = {}) =>
  (await searchRuns(ctx, { experimentIds: [experimentId], filter, orderBy, ...more })).runs.map((r) => named.get(r.id));

test.each([
  ["", ["none", "nan", "high", "low"]],
  ["metrics.acc > 0.1", ["high"]],
  ["metrics.acc >= 0.1", ["high", "low"]],
  ["metrics.acc != 0.1", ["nan", "high"]],
  ["metrics.acc < 100", ["high", "low"]],
  ["params.lr = '0.1'", ["nan", "low"]],
  ["params.lr != '0.1'", ["high"]],
  ["params.lr IS NULL", ["none"]],
  ["params.Case LIKE 'a%'", []],
  ["params.Case ILIKE 'a%'", ["low"]],
  ["tags.`half 100` LIKE 'high\\_x'", []],
  ["tags.`half 100` LIKE 'high_x'", ["high"]],
  ["run_name = 'nan' AND params.lr = '0.1'", ["nan"]],
  ["start_time > 20", ["none", "nan"]],
  ["end_time > 0", []],
  ["user_id = 'ada' AND status = 'RUNNING' AND start_time <= 10", ["low"]],
  ["datasets.name = 'iris' AND datasets.context = 'train' AND dataset.digest IN ('d0', 'd1')", ["high"]],
  ["datasets.context = 'test'", []],
  ["params.lr = '0.1'' OR ''1'' = ''1'", []],
  ["run_name = '\\' OR 1=1 --'", []],
])("%s finds %j", async (filter, names) => {
  if (names === null) await expect(find(filter)).rejects.toMatchObject({ kind: "invalid" });
  else expect(await find(filter)).toEqual(names);
});

test("values come before NaN, NaN before nothing, in both directions", async () => {
  expect(await find("", ["metrics.acc ASC"])).toEqual(["low", "high", "nan", "none"]);
  expect(await find("", ["metrics.acc DESC"])).toEqual(["high", "low", "nan", "none"]);
  expect(await find("", ["params.lr", "start_time ASC"])).toEqual(["low", "nan", "high", "none"]);
});

test("pages follow one another, and the last has no token", async () => {
  const first = await searchRuns(ctx, { experimentIds: [experimentId], maxResults: 3 });
  const second = await searchRuns(ctx, { experimentIds: [experimentId], maxResults: 3, pageToken: first.nextPageToken });
  expect([first.runs.length, second.runs.map((r) => r.name), second.nextPageToken]).toEqual([3, ["low"], undefined]);
});

test("deleted runs are found when asked for; unknown experiments have none", async () => {
  expect(await find("", undefined, { viewType: "DELETED_ONLY" })).toEqual(["gone"]);
  expect(await find("", undefined, { viewType: "ALL" })).toHaveLength(5);
  expect(await find("", undefined, { experimentIds: [99_999, 2 ** 40] })).toEqual([]);
  await expect(find("", undefined, { maxResults: 0 })).rejects.toMatchObject({ kind: "invalid" });
});
