import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "./lock";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "flowbook-lock-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test("a service is kept once on a data folder, and web and runner may be kept apart", () => {
  const releaseWeb = takeLock(dataDir, ["web"]);
  expect(() => takeLock(dataDir, ["web", "runner"])).toThrow(/is running on the data folder/);
  expect(existsSync(join(dataDir, "run", "supervisor-runner.pid"))).toBe(false);

  const releaseRunner = takeLock(dataDir, ["runner"]);
  releaseWeb();
  expect(() => takeLock(dataDir, ["runner"])).toThrow(/is running on the data folder/);
  releaseRunner();

  takeLock(dataDir, ["web", "runner"])();
});
