import { expect, test } from "vitest";
import { formatBytes, formatDelta, formatDuration, formatNumber } from "./format";

test.each([
  [52.1834, "52.183"], [17214, "17,214"], [0.0741, "0.0741"], [-1.36, "−1.36"], [null, "NaN"], [NaN, "NaN"], [undefined, "–"],
  [1.7976931348623157e308, "∞"], [0.00001234, "1.234e-5"], [1234.5, "1,234.5"], [123456.7, "123,457"], [0, "0"], [2e15, "2e15"],
])("the value %s reads %s", (value, text) => expect(formatNumber(value)).toBe(text));

test("a delta carries its sign", () => {
  expect([formatDelta(0.42), formatDelta(-4.77), formatDelta(0)]).toEqual(["+0.42", "−4.77", "same"]);
});

test.each([[2100, false, "2.1 s"], [38_900, true, "0:38"], [171_000, false, "2:51"], [3_731_000, false, "1:02:11"], [40, false, "40 ms"]])(
  "%s ms (ticking %s) reads %s", (ms, isTicking, text) => expect(formatDuration(ms, isTicking)).toBe(text));

test.each([[0, "0 B"], [48_200, "48 kB"], [1_100_000, "1.1 MB"], [34_000_000, "34 MB"]])("%s bytes read %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
