import { expect, test } from "vitest";
import { axisTicks, orderTree } from "./run-tree";

const node = (id: string, parentRunId: string | null, startTimeMs: number) => ({ id, parentRunId, startTimeMs });

test("children stand under their parents by start; one whose parent is not shown stands under the root", () => {
  const rows = orderTree(node("r", null, 0), [node("b", "r", 2), node("a", "r", 1), node("a1", "a", 3), node("x", "gone", 4)]);
  expect(rows.map((r) => `${r.node.id}${r.depth}`)).toEqual(["r0", "a1", "a12", "b1", "x1"]);
});

test("a ring of parents ends", () => {
  expect(orderTree(node("r", "a", 0), [node("a", "r", 1), node("b", "b", 2)]).map((r) => r.node.id)).toEqual(["r", "a"]);
});

test("an axis has at most six round marks", () => {
  expect(axisTicks(42_000)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
});
