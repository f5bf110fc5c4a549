import { expect, test } from "vitest";
import { parsePythonJson, pythonJson } from "./python-json";
import { spanOfContent } from "./read-span";
import { sumUsage } from "./usage";

test("numbers are written as Python writes them, and read back as what they were", () => {
  const numbers: [number | bigint, string][] = [[1, "1.0"], [1n, "1"], [-0, "-0.0"], [0.1, "0.1"], [1e16, "1e+16"], [1e-5, "1e-05"], [123456789012345.6, "123456789012345.6"], [2 ** 53, "9007199254740992.0"], [-(2n ** 63n), "-9223372036854775808"]];
  for (const [value, text] of numbers) {
    expect(pythonJson(value)).toBe(text);
    expect(parsePythonJson(text)).toBe(value);
  }
  expect(pythonJson({ a: [true, null, "ü\n"], b: {} })).toBe('{"a": [true, null, "ü\\n"], "b": {}}');
  expect(parsePythonJson('{"1": "2", "3.5": 4, "n": "\\"5"}')).toEqual({ "1": "2", "3.5": 4n, n: '"5' });
});

test("a span of a file that somebody else wrote is read as far as it goes", () => {
  expect(spanOfContent('{"name": 5, "attributes": {"a": "no json", "b": 7}, "events": null, "links": [{"trace_id": "trace:/a.b/00ff", "span_id": "01"}], "end_time_unix_nano": null}')).toMatchObject({
    attributes: [{ key: "a", value: { string_value: "no json" } }, { key: "b", value: { int_value: 7n } }],
    links: [{ trace_id: "AP8=", span_id: "AQ==" }],
  });
});

test("usage below usage is not counted again, also where parents are missing or go round", () => {
  const node = (spanId: string, parentSpanId: string | null, total?: bigint) => ({ spanId, parentSpanId, usage: total === undefined ? undefined : { total_tokens: total } });
  const sum = (...nodes: ReturnType<typeof node>[]) => sumUsage(nodes, ["total_tokens"])?.get("total_tokens");
  expect(sum(node("a", null), node("b", "a", 5n), node("c", "b"), node("d", "c", 5n), node("e", "a", 2n))).toBe(7);
  expect(sum(node("b", "gone", 5n), node("c", "gone", 1n))).toBe(6);
  expect(sum(node("x", "y"), node("y", "x"), node("z", "y", 1n))).toBe(1);
  expect(sum(node("a", null))).toBeUndefined();
});
