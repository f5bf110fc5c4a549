import { expect, test } from "vitest";
import type { RunDetail } from "@/server/domain/runs";
import { mendFilter } from "./filter-mend";
import { allColumns, differing, runRows } from "./run-columns";

const run = (id: string, parentRunId: string | null = null, more: Partial<RunDetail> = {}): RunDetail => ({
  id, parentRunId, experimentId: 1, name: id, status: "FINISHED", startTimeMs: 0, endTimeMs: 1, lifecycleStage: "active", artifactUri: "", userId: "",
  params: [], tags: [], latestMetrics: [], inputs: { datasets: [], models: [] }, outputs: { models: [] }, ...more,
});
const shape = (rows: ReturnType<typeof runRows>) => rows.map((r) => `${" ".repeat(r.depth)}${r.run.id}`);

test("a family stands where its first member does, children below their parent", () => {
  expect(shape(runRows([run("best", "p"), run("lone"), run("p"), run("other", "p")], new Set()))).toEqual(["p", " best", " other", "lone"]);
});

test("a closed parent hides what is below it, and a child without its parent stands alone", () => {
  expect(shape(runRows([run("p"), run("c", "p"), run("cc", "c"), run("x", "gone")], new Set(["p"])))).toEqual(["p", "x"]);
});

test("parents in a ring are all shown once", () => {
  expect(runRows([run("a", "b"), run("b", "a")], new Set()).length).toBe(2);
});

test("columns: a param of numbers stands right, MLflow's own tags are left out, odd names are quoted for the search", () => {
  const runs = [run("a", null, { params: [{ key: "lr-max", value: "0.1" }], tags: [{ key: "mlflow.user", value: "x" }, { key: "season", value: "all" }] })];
  const columns = allColumns(runs).filter((c) => c.group !== "run");
  expect(columns.map((c) => [c.id, c.isNumeric, c.order])).toEqual([["param:lr-max", true, "params.`lr-max`"], ["tag:season", false, "tags.season"]]);
  expect([...differing(columns, [...runs, run("b")])]).toEqual(["param:lr-max", "tag:season"]);
});

test.each([
  ["params.season = all", "params.season = 'all'"],
  ["metrics.val_rmse < '50'", "metrics.val_rmse < 50"],
  ["metrics.a > 1 && params.b == x", "metrics.a > 1 and params.b = 'x'"],
  ["params.lr-max = '0.1'", "params.`lr-max` = '0.1'"],
])("%s is mended to %s", (wrong, right) => expect(mendFilter(wrong)?.filter).toBe(right));

test("a right filter has no mend", () => {
  expect(mendFilter("metrics.val_rmse < 50.5 and params.season = 'all' and tags.`mlflow.user` != 'x'")).toBeNull();
});
