import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { LogFile } from "./log-file";

const dir = mkdtempSync(join(tmpdir(), "flowbook-log-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("a full disk drops output, names it and never throws", () => {
  const log = new LogFile("/dev/full", 1_000, () => {});
  log.append(Buffer.from("12345"));
  log.append(Buffer.from("678"));
  log.close();
  expect(log.bytes).toBe(0);
  expect(log.gaps).toEqual([{ offset: 0, bytes: 8, reason: "disk full" }]);
});

test("past the limit the last is kept, and the words between say how much is missing", () => {
  const path = join(dir, "out.log");
  const log = new LogFile(path, 1_000, () => {});
  log.append(Buffer.alloc(900, "a"));
  for (let i = 0; i < 100; i++) log.append(Buffer.alloc(10_000, i === 99 ? "z" : "b"));
  log.append(Buffer.from("end"));
  log.close();
  const text = readFileSync(path, "utf8");
  const kept = 64 * 1024;
  expect(log.gaps).toEqual([{ offset: 900, bytes: 1_000_003 - kept, reason: "log limit" }]);
  expect(text).toContain(`[${1_000_003 - kept} bytes of output are missing here`);
  expect(text.endsWith("zzzend")).toBe(true);
  expect(Buffer.byteLength(text)).toBe(log.bytes);
});
