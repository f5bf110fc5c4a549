import { describe, expect, test } from "vitest";
import { checkParameters } from "./check-parameters";
import { fallbackEntryPoint } from "./fallback-entry-point";
import { readOutline } from "./outline";
import { parseDuration, parseMemory } from "./quantities";
import { renderCommand } from "./render-command";
import type { EntryPoint, ParameterValue } from "./types";

function entry(yaml: string): EntryPoint {
  const outline = readOutline([{ path: "MLproject", text: `entry_points:\n  main:\n${yaml.replace(/^/gm, "    ")}\n` }]);
  const [first] = outline.entryPoints;
  if (!first) throw new Error(JSON.stringify(outline.problems));
  return first;
}

describe("renderCommand", () => {
  const train = entry('parameters:\n  alpha: {type: float, default: 0.10}\n  name: string\noptional_parameters:\n  tag: string\ncommand: "python train.py {alpha} {name}"');

  test("fills defaults in, quotes values, appends the others", () => {
    expect(renderCommand(train, { name: "a b", extra: "x;y", "we ird": "1" })).toBe("python train.py 0.1 'a b' --extra 'x;y' --'we ird' 1");
  });
  test("an optional value is appended when given, and not when absent", () => {
    expect(renderCommand(train, { name: "n" })).toBe("python train.py 0.1 n");
    expect(renderCommand(train, { name: "n", tag: "t" })).toBe("python train.py 0.1 n --tag t");
  });
  test("missing values are named as MLflow names them", () => {
    expect(() => renderCommand(train, {})).toThrow("No value given for missing parameters: 'name'");
  });
  test("an empty value is a value", () => {
    expect(renderCommand(train, { name: "" })).toBe("python train.py 0.1 ''");
  });
  test("a block's last newline does not cut the extra options off", () => {
    expect(renderCommand(entry("command: |\n  set -e\n  python x.py"), { a: "1" })).toBe("set -e\npython x.py --a 1");
  });
  test("names that objects have by themselves are no values", () => {
    expect(() => renderCommand(entry('parameters: {toString: string}\ncommand: "x {toString}"'), {})).toThrow("toString");
  });
  test("a file's name is an entry point", () => {
    expect(fallbackEntryPoint("a b.py")).toMatchObject({ command: "python 'a b.py'", sourceFile: "a b.py" });
    expect(fallbackEntryPoint("x.sh")?.command).toBe("bash x.sh");
    expect(fallbackEntryPoint("train")).toBeNull();
  });
});

describe("checkParameters", () => {
  const all = entry(
    'parameters:\n  i: {type: int, default: 5, min: 1, max: 9}\n  f: {type: float, default: 0.5}\n  b: {type: bool, default: true}\n  c: {type: string, default: s, choices: [s, m]}\n  u: {type: uri, default: "s3://x"}\ncommand: "x {i} {f} {b} {c} {u}"',
  );
  const check = (values: Record<string, ParameterValue>, strict = true) => checkParameters(all, values, { strict });

  test("fills in defaults in declared order, then extras; JSON values as Python writes them", () => {
    expect(check({ extra: 1e-5, b: false }).values).toEqual({ i: "5", f: "0.5", b: "False", c: "s", u: "s3://x", extra: "1e-05" });
    expect(Object.keys(check({ extra: "1", i: 2 }).values)).toEqual(["i", "f", "b", "c", "u", "extra"]);
  });
  test.each<[Record<string, ParameterValue>, string]>([
    [{ i: "abc" }, "Not a whole number. Write one like 5."], [{ i: "1.5" }, "Not a whole number"], [{ i: 10 }, "Must be between 1 and 9."],
    [{ f: "x" }, "Not a number"], [{ b: "maybe" }, "True or False"], [{ c: "xl" }, "Choose s or m."], [{ u: "x" }, "scheme"], [{ "a b": "1" }, "cannot be the name"],
  ])("strict refuses %j", (values, message) => {
    expect(check(values).problems.map((problem) => problem.message).join()).toContain(message);
  });
  test("a nested launch takes what MLflow takes, and still needs a uri's scheme", () => {
    expect(check({ i: "abc", b: "maybe", c: "xl" }, false).problems).toEqual([]);
    expect(check({ u: "x" }, false).problems).toMatchObject([{ field: "parameters.u" }]);
  });
  test.each(["1e-3", "inf", ".5", "1_000.0", "-2"])("%s is a float", (f) => expect(check({ f }).problems).toEqual([]));
  test("a missing required value is refused, a blank optional one left out", () => {
    const point = entry('parameters: {p: path}\noptional_parameters: {o: int}\ncommand: "x {p}"');
    expect(checkParameters(point, { o: "" }, { strict: true })).toEqual({ values: {}, problems: [{ field: "parameters.p", message: "No value given for missing parameters: 'p'. Give one." }] });
  });
});

test("amounts of memory and time", () => {
  expect([parseMemory("512Mi"), parseMemory("2G"), parseMemory("1.5GiB"), parseMemory("lots")]).toEqual([536870912, 2e9, 1610612736, null]);
  expect([parseDuration("10m"), parseDuration("1h30m"), parseDuration("45"), parseDuration("soon")]).toEqual([600, 5400, 45, null]);
});
