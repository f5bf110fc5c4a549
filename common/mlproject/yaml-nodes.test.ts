import { describe, expect, test } from "vitest";
import { pythonStr } from "./python-str";
import { entryOf, readYaml } from "./yaml-nodes";

/** Each pair was made by PyYAML 6 safe_load and Python's str(). */
const rendered: [yaml: string, text: string][] = [
  ["0.10", "0.1"], ["0.00001", "1e-05"], ["1.0e+5", "100000.0"], ["1e-3", "1e-3"], ["1.5e3", "1.5e3"], ["1.5e+3", "1500.0"],
  ["1.0e+16", "1e+16"], ["9999999999999998.0", "9999999999999998.0"], ["1.0e+400", "inf"], ["-0.0", "-0.0"], ["5.", "5.0"], [".5", "0.5"],
  ["010", "8"], ["08", "08"], ["0o17", "0o17"], ["0x1F", "31"], ["0b101", "5"], ["1_000", "1000"], ["1:30", "90"], ["1:60", "1:60"],
  ["190:20:30.15", "685230.15"], ["123456789012345678901234567890", "123456789012345678901234567890"], [".inf", "inf"], ["-.INF", "-inf"], [".nan", "nan"], ["NaN", "NaN"],
  ["yes", "True"], ["Off", "False"], ["y", "y"], ["n", "n"], ["True", "True"], ["nUll", "nUll"], ["1.2.3", "1.2.3"],
  ["'yes'", "yes"], ["!!str 1", "1"], ['!!int "3"', "3"], ["!!float 3", "3.0"], ["''", ""],
  ["[1, b, null, 2.0]", "[1, 'b', None, 2.0]"], ["{a: 1}", "{'a': 1}"], ['[yes, \'x"y\', "it\'s"]', "[True, 'x\"y', \"it's\"]"], ["2001-01-01", "2001-01-01"],
];

describe("YAML as PyYAML 1.1 reads it", () => {
  test.each(rendered)("%s renders as %s", (yaml, text) => {
    const node = entryOf(readYaml(`default: ${yaml}\n`).root, "default")?.value;
    expect(node && pythonStr(node)).toBe(text);
  });

  test.each(["null", "~", "", "NULL"])("'%s' is nothing", (yaml) => {
    expect(entryOf(readYaml(`default: ${yaml}\n`).root, "default")?.value.kind).toBe("null");
  });

  test("a parameter may be called n", () => {
    expect(entryOf(readYaml("n: int\ny: int\n").root, "n")?.value).toMatchObject({ kind: "str", value: "int" });
  });

  test("anchors, merge keys, last of two keys wins", () => {
    const { root } = readYaml("base: &b {x: 1, y: 2}\nstep:\n  <<: *b\n  y: 3\n  z: 4\n  z: 5\n");
    const step = entryOf(root, "step")?.value;
    expect(step && pythonStr(step)).toBe("{'x': 1, 'y': 3, 'z': 5}");
    expect(step?.kind === "map" && step.duplicates.map((each) => pythonStr(each.key))).toEqual(["z"]);
  });

  test("a thousand-fold alias is refused, not expanded", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]`);
    const node = entryOf(readYaml(`${lines.join("\n")}\n`).root, "a8")?.value;
    expect(() => node && pythonStr(node)).toThrow(RangeError);
  });

  test.each([
    ["a: 1\n\tb: 2\n", "tabs"],
    ['a: "x\nb: 1\n', "quote"],
    ["a: b: c\n", "quotes"],
    ["a: 1\n---\nb: 2\n", "one YAML document"],
    ["a: !!python/object:os.system x\n", "tag"],
  ])("%j has a problem that says %s", (yaml, word) => {
    const { problems } = readYaml(yaml);
    expect(problems[0]?.message).toContain(word);
  });
});
