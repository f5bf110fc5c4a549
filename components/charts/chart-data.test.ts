import { expect, test } from "vitest";
import { alignSeries, describeChart, smooth, type ChartSeries } from "./chart-data";

const line = (id: string, points: [number, number | null][]): ChartSeries => ({
  id, name: id, color: "--series-1", totalPoints: points.length,
  points: points.map(([step, value]) => ({ step, timestampMs: 1000 + step * 500, value })),
});

test("lines with other steps share an axis: a missing step is undefined, a NaN is a gap", () => {
  expect(alignSeries([line("a", [[0, 1], [2, null]]), line("b", [[1, 5]])], "step")).toEqual([
    [0, 1, 2], [1, undefined, null], [undefined, 5, undefined],
  ]);
});

test("time counts from each line's own first point", () => {
  expect(alignSeries([line("a", [[4, 1], [6, 2]])], "time")[0]).toEqual([0, 1]);
});

test("a log axis leaves out what has no logarithm", () => {
  expect(alignSeries([line("a", [[0, 0], [1, 10]])], "step", "log")[1]).toEqual([null, 10]);
});

test("smoothing keeps gaps and starts at the first value", () => {
  expect(smooth([4, null, 4], 0.6)).toEqual([4, null, 4]);
});

test("the words name the way the line went", () => {
  expect(describeChart("loss", [line("a", [[0, 4], [9, 1]])], String)).toBe("loss by step. a fell from 4 to 1 by step 9.");
});
