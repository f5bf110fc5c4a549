import { expect, test } from "vitest";
import { readOutline } from "./outline";
import { faultOf } from "./check-parameters";
import type { Parameter } from "./types";

test("long lines of nothing cost a time that grows with their length, not its square", () => {
  const rate: Parameter = { name: "rate", type: "float", kind: "float", default: null, required: true, optional: false, line: 1 };
  const blank = " ".repeat(100_000);
  const before = performance.now();
  expect(faultOf(rate, `${"1".repeat(100_000)}x`, true)).toContain("Not a number");
  readOutline([
    { path: "MLproject", text: "entry_points:\n  main:\n    command: python a.py\n" },
    { path: "requirements.txt", text: `numpy==1${blank}!\na${blank}b\n` },
  ]);
  expect(performance.now() - before).toBeLessThan(1_500);
});
