import { expect, test } from "vitest";
import { formatDuration, formatNumber, formatSize, formatTime } from "./format";

test("durations read as seconds below a minute and as a clock above", () => {
  expect([0, 2140, 41_200, 59_990, 171_000, 3_771_000].map((ms) => formatDuration(ms))).toEqual(["0.0 s", "2.1 s", "41 s", "1:00", "2:51", "1:02:51"]);
  expect(formatDuration(38_400, { isTicking: true })).toBe("0:38");
  expect(formatDuration(null)).toBe("–");
});

test("numbers keep four digits, group thousands and never lose the sign", () => {
  expect([17379, 52.1842, -0.00612, 1234.56, 0, null, 0.00001234].map(formatNumber)).toEqual(["17,379", "52.18", "−0.00612", "1,234.6", "0", "NaN", "1.234e−5"]);
});

test("sizes count in powers of 1000", () => {
  expect([12, 48_211, 1_120_000, 999_600].map(formatSize)).toEqual(["12 B", "48 kB", "1.1 MB", "1.0 MB"]);
});

test("a time of this day says today", () => {
  const now = new Date(2026, 10, 25, 15, 0).getTime();
  expect(formatTime(new Date(2026, 10, 25, 14, 2).getTime(), now)).toBe("today 14:02");
  expect(formatTime(new Date(2026, 10, 23, 17, 40).getTime(), now)).toBe("23 Nov 17:40");
});
