import fc from "fast-check";
import { expect, test } from "vitest";
import type { SortKey } from "./keyset";
import { cutPage, queryHash, readPageToken, writePageToken } from "./page-token";

const keys: SortKey[] = [
  { sql: "a", type: "float8", isAscending: true, isNullable: true },
  { sql: "b", type: "int8", isAscending: false },
  { sql: "c", type: "text", isAscending: true },
];
const hash = queryHash("runs", "filter");
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token brings back the exact position", () => {
  for (const first of ["0.1", "1.7976931348623157e+308", "-0", "NaN", null]) {
    const position = [first, "9223372036854775807", "é'\"\\"];
    expect(readPageToken(writePageToken(hash, position), hash, keys)).toEqual(position);
  }
});

test.each([
  ["%%%", "could not base64-decode"],
  [Buffer.from("no json").toString("base64"), "could not base64-decode"],
  ["x".repeat(3_000_000), "could not base64-decode"],
  [Buffer.from('{"offset": 100}').toString("base64"), "made by another version of this server"],
  [writePageToken(queryHash("runs", "other"), ["1", "1", "c"]), "belongs to another search"],
  [encode({ q: hash }), "position cannot be read"],
  [encode({ q: hash, p: ["1", "1"] }), "position cannot be read"],
  [encode({ q: hash, p: ["1", null, "c"] }), "position cannot be read"],
  [encode({ q: hash, p: ["1", "9223372036854775808", "c"] }), "position cannot be read"],
  [encode({ q: hash, p: ["1e999", "1", "c"] }), "position cannot be read"],
  [encode({ q: hash, p: ["1); DROP", "1", "c"] }), "position cannot be read"],
  [encode({ q: hash, p: ["1", "1", "\u0000"] }), "position cannot be read"],
  [encode({ q: hash, p: [1, 1, "c"] }), "position cannot be read"],
])("%.40s is refused: %s", (token, message) => {
  expect(() => readPageToken(token, hash, keys)).toThrow(message);
});

test("any text is refused and never a crash", () => {
  fc.assert(fc.property(fc.base64String({ minLength: 1 }), (token) => {
    expect(() => readPageToken(token, hash, keys)).toThrow("Invalid page token");
  }));
});

test("there is a token only where a further row is, and it is the last one's", () => {
  const rows = ["a", "b", "c"].map((id) => ({ id, position: [id] }));
  expect(cutPage(rows, 3, hash)).toEqual({ rows: [{ id: "a" }, { id: "b" }, { id: "c" }] });
  expect(cutPage(rows, 2, hash)).toEqual({ rows: [{ id: "a" }, { id: "b" }], nextPageToken: writePageToken(hash, ["b"]) });
});
