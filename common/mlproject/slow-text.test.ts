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

const letters = [..."abcdefghij"];
/** Each line holds the one before nine times. */
const bomb = letters.map((c, i) => `${c}: &${c} [${i === 0 ? "{x: 1}" : Array(9).fill(`*${letters[i - 1]}`).join(", ")}]`).join("\n");

test.each([
  ["brackets", "[".repeat(50_000)], ["dashes", "- ".repeat(30_000)], ["keys", "? ".repeat(30_000)], ["mappings", "{a: ".repeat(5_000)],
  ["a chain of aliases", Array.from({ length: 2_500 }, (_, i) => `k${i}: &k${i} [${i ? `*k${i - 1}` : "1"}]`).join("\n")],
])("%s without end are refused before anything calls itself that often", (_, text) => {
  expect(readOutline([{ path: "MLproject", text }]).problems[0]?.message).toContain("nested too deeply");
});

test("aliases that double each other cost little, also as merged mappings", () => {
  const before = performance.now();
  readOutline([{ path: "MLproject", text: `${bomb}\nentry_points:\n  main: {parameters: {p: {default: *j}}, command: *j, <<: *j}\n` }]);
  expect(performance.now() - before).toBeLessThan(1_500);
});

test("a file of settings that is as large as data is not parsed", () => {
  expect(readOutline([{ path: "MLproject", text: `name: "${'f"{'.repeat(100_000)}` }]).problems[0]?.message).toContain("thousand characters");
});

test("calls inside each other that never end cost a time that grows with their number, not its square", () => {
  const mlproject = { path: "MLproject", text: "entry_points:\n  main:\n    command: python main.py\n" };
  const before = performance.now();
  for (const call of ["mlflow.run(", "p.add_argument("]) readOutline([mlproject, { path: "main.py", text: `import mlflow\np = ArgumentParser()\n${call.repeat(20_000)}` }]);
  expect(performance.now() - before).toBeLessThan(3_000);
});
