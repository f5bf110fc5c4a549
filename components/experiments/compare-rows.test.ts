import { expect, test } from "vitest";
import type { RunDetail } from "@/server/domain/runs";
import { compareRows } from "./compare-rows";

const run = (id: string, params: [string, string][], metrics: [string, number | null][]): RunDetail => ({
  id, parentRunId: null, experimentId: 1, name: id, status: "FINISHED", startTimeMs: 0, endTimeMs: 1, lifecycleStage: "active", artifactUri: "", userId: "",
  params: params.map(([key, value]) => ({ key, value })), tags: [], latestMetrics: metrics.map(([key, value]) => ({ key, value, step: 0, timestampMs: 0 })),
  inputs: { datasets: [], models: [] }, outputs: { models: [] },
});

test("params that differ come first; a missing value differs from any", () => {
  const rows = compareRows([run("a", [["epochs", "40"], ["seed", "1"], ["only", "x"]], [["loss", 1]]), run("b", [["epochs", "20"], ["seed", "1"]], [["loss", 1]])]);
  expect(rows.map((r) => `${r.key} ${r.isDifferent}`)).toEqual(["epochs true", "only true", "seed false", "loss false"]);
});

test("NaN is a value of its own, equal to NaN", () => {
  expect(compareRows([run("a", [], [["m", null]]), run("b", [], [["m", null]])])[0]).toMatchObject({ values: [Number.NaN, Number.NaN], isDifferent: false });
});
