import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { parseBody, printJson } from "./json";
import { double, experimentId, int64, list, readInput, required, text } from "./wire/fields";
import { logBatch } from "./wire/runs";

const stepOf = (json: string) => readInput(z.object({ step: int64 }), parseBody(json)).step;

test("an int64 goes in and out whole", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (step) => {
      expect(stepOf(`{"step": ${step}}`)).toBe(step);
      expect(stepOf(`{"step":"${step}"}`)).toBe(step);
      expect(printJson({ step })).toBe(`{\n  "step": ${step}\n}`);
    }),
  );
});

test.each([["1e+05", 100000n], ["1.7e+12", 1_700_000_000_000n], ["1.5e1", 15n], ["5.0", 5n], [" 5", 5n], ["+5", 5n]])("the text %s is an int64, as the R client writes it", (value, expected) => {
  expect(stepOf(JSON.stringify({ step: value }))).toBe(expected);
});

test.each(["5.5", "1e-1", "1e400", "0x10", "NaN", "", "9223372036854775808"])("the text '%s' is no int64", (value) => {
  expect(() => stepOf(JSON.stringify({ step: value }))).toThrow();
});

test.each(["1.5", "true", "[1]", "{}", "9223372036854775808", "1e400"])("%s is refused for a step, never stored as another value", (json) => {
  expect(() => stepOf(`{"step": ${json}}`)).toThrow("for parameter 'step'");
});

test("long digits inside texts and fractions are left alone", () => {
  expect(parseBody('{"a": "id 12345678901234567890 \\" 12345678901234567890", "b": 0.12345678901234567890, "c": [12345678901234567]}')).toEqual({
    a: 'id 12345678901234567890 " 12345678901234567890',
    b: 0.12345678901234568,
    c: ["\u0000n12345678901234567"],
  });
  expect(() => readInput(z.object({ name: required }), parseBody('{"name": 12345678901234567}'))).toThrow("Value was of type 'int'");
});

test.each(["{", "[]", "3", '"x"', "[[[[", '{"a": NaN}', "{'a': 1}"])("the body %s is refused", (body) => {
  expect(() => parseBody(body)).toThrow();
});

test("a body may be absent, null, camelCase, or encoded twice", () => {
  expect([parseBody(""), parseBody("null")]).toEqual([{}, {}]);
  expect(parseBody('{"runId": "a", "orderBy": [{"fieldName": "x"}]}')).toEqual({ run_id: "a", order_by: [{ field_name: "x" }] });
  expect(parseBody(JSON.stringify('{"run_id": "a"}'))).toEqual({ run_id: "a" });
  expect(() => parseBody('{"runId": "a", "run_id": "b"}')).toThrow("two spellings");
});

test("a deep body costs little", () => {
  const started = performance.now();
  for (const body of [`${"[".repeat(200_000)}`, `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, `{"aB":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`]) {
    try {
      readInput(z.object({ a: text }), parseBody(body));
    } catch (error) {
      expect(error).toHaveProperty("kind", "invalid");
    }
  }
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("MLflow's words name the field", () => {
  expect(() => readInput(z.object({ name: required }), { name: "" })).toThrow("Missing value for required parameter 'name'. See the API docs for more information about request parameters.");
  expect(() => readInput(z.object({ name: required }), { name: 123 })).toThrow("Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'.");
  expect(() => readInput(logBatch, { run_id: "a", metrics: [{ key: "k", value: 1, timestamp: 1 }, { key: "k", timestamp: 1 }] })).toThrow("parameter 'metrics[1].value'");
  expect(() => readInput(z.object({ x: list(text) }), { x: ["a\u0000"] })).toThrow("cannot be stored");
  expect(() => readInput(z.object({ x: experimentId }), { x: "abc" })).toThrow("Invalid experiment ID 'abc'. Experiment ID must be a valid integer.");
});

test.each([["NaN", Number.NaN], ["Infinity", Infinity], ["-Infinity", -Infinity], ["1e-300", 1e-300], [true, 1], [-0, -0]])("a metric's value may be %s", (value, expected) => {
  expect(readInput(z.object({ value: double }), { value }).value).toBe(expected);
});

test.each(["abc", "0x10", "", "1e400", [], {}])("a metric's value may not be %s", (value) => {
  expect(() => readInput(z.object({ value: double }), { value })).toThrow();
});

test("an answer leaves out what is unset, prints zeros, and NaN as text", () => {
  expect(JSON.parse(printJson({ runs: [], token: undefined, step: 0n, user: "", value: Number.NaN, low: -Infinity, inputs: { x: [] } }))).toEqual({
    step: 0, user: "", value: "NaN", low: "-Infinity", inputs: {},
  });
});

test.each([
  ["a number that is none", `{"step":"${"1".repeat(100_000)}x"}`],
  ["a text that never ends", `{"n": 12345678901234567890, "step": "${'\\"'.repeat(100_000)}`],
])("%s is refused in a time that grows with its length, not its square", (_, body) => {
  const before = performance.now();
  expect(() => stepOf(body)).toThrow();
  expect(performance.now() - before).toBeLessThan(1_500);
});
