import { expect, test } from "vitest";
import { cleanTexts } from "./clean-text";
import { parseExact } from "./rest-client";

test("what cannot be stored is replaced wherever it stands, and all else is the very same object", () => {
  const fine = { a: ["x", { b: Number.NaN, c: 2n ** 63n }], d: null };
  expect(cleanTexts(fine)).toBe(fine);
  expect(cleanTexts({ a: ["x\u0000y", { b: "\ud800z" }], c: "ok 🎉" })).toEqual({ a: ["x\ufffdy", { b: "\ufffdz" }], c: "ok 🎉" });
});

test("long integers come whole, and digits inside texts stay as they are", () => {
  expect(parseExact('{"step": 1152921504606846977, "value": 0.30000000000000004, "tag": "id: 12345678901234567890, next", "n": [12345678901234567890]}')).toEqual({
    step: "1152921504606846977", value: 0.30000000000000004, tag: "id: 12345678901234567890, next", n: ["12345678901234567890"],
  });
});
