import { expect, test } from "vitest";
import { duration, exitWords, size, stopWords } from "./words";

test("durations read as a person says them", () => {
  expect([0, 41_234, 59_940, 60_000, 72_000, 3_723_000].map(duration)).toEqual(["0.0 s", "41.2 s", "59.9 s", "1:00", "1:12", "1:02:03"]);
});

test("an end names its cause", () => {
  expect(exitWords({ exitCode: 1, signal: null }, 41_200)).toBe("exit code 1 after 41.2 s");
  expect(exitWords({ exitCode: null, signal: 9 }, 3_000)).toBe("killed by signal 9 after 3.0 s");
  expect(stopWords("by Rose", { exitCode: null, signal: 15 }, 72_000)).toBe("by Rose after 1:12, signal 15");
  expect(stopWords("by Rose", null, null)).toBe("by Rose before it started");
  expect(size(4 * 1024 ** 3)).toBe("4 GiB");
});
