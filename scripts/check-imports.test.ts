import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/* Each import rule is broken once in a small house that stands like ours, by alias and by relative path, and must be caught. */

let house: string;

const clean: Record<string, string> = {
  "app/page.tsx": 'import { a } from "@/server/domain/runs";\nexport default a;',
  "components/ui/button.tsx": 'import type { Ctx } from "@/server/ctx";\nexport type X = Ctx;',
  "common/ids.ts": "export const id = 1;",
  "server/ctx.ts": "export type Ctx = { a: number };",
  "server/domain/runs/index.ts": 'export { a } from "./get-run";',
  "server/domain/runs/get-run.ts": "export const a = 1;",
  "server/domain/jobs/index.ts": 'import { a } from "../runs";\nexport const b = a;',
  "server/domain/gc/index.ts": 'import { a } from "../runs";\nexport const g = a;',
  "server/trpc/runs.ts": 'export { a } from "../domain/runs";',
  "server/rest/runs.ts": "export const r = 1;",
  "server/shim/main.ts": 'import "@/common/ids";\nexport const shim = 1;',
};

const breaches: [rule: string, file: string, code: string][] = [
  ["no-cycles", "server/domain/runs/get-run.ts", 'import { b } from "../jobs";\nexport const a = 1; export const c = () => b;'],
  ["common-stands-alone", "common/ids.ts", 'import type { Ctx } from "../server/ctx";\nexport const id = 1; export type Y = Ctx;'],
  ["components-see-types-only", "components/ui/button.tsx", 'import { a } from "@/server/domain/runs";\nexport const x = a;'],
  ["components-are-not-screens", "components/ui/button.tsx", 'import page from "../../app/page";\nexport const x = page;'],
  ["app-reads-front-doors", "app/page.tsx", 'import { r } from "../server/rest/runs";\nexport default r;'],
  ["domain-knows-no-door", "server/domain/runs/get-run.ts", 'import { r } from "../../rest/runs";\nexport const a = r;'],
  ["domain-knows-no-framework", "server/domain/runs/get-run.ts", 'import { useState } from "react";\nexport const a = useState;'],
  ["shim-stands-alone", "server/shim/main.ts", 'import type { Ctx } from "../ctx";\nexport type Z = Ctx;'],
  ["nobody-imports-the-shim", "server/rest/runs.ts", 'import { shim } from "../shim/main";\nexport const r = shim;'],
  ["only-the-shim-has-ptys", "server/rest/runs.ts", 'import { spawn } from "node-pty";\nexport const r = spawn;'],
  ["doors-are-strangers", "server/trpc/runs.ts", 'import { r } from "../rest/runs";\nexport const a = r;'],
  ["gc-is-last", "server/domain/jobs/index.ts", 'import { g } from "../gc";\nexport const b = g;'],
  ["front-doors", "server/trpc/runs.ts", 'export { a } from "@/server/domain/runs/get-run";'],
  ["front-doors-inside", "server/domain/jobs/index.ts", 'import { a } from "../runs/get-run";\nexport const b = a;'],
];

function write(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), text);
  }
}

function cruise() {
  const r = spawnSync(join(process.cwd(), "node_modules/.bin/depcruise"), ["--config", ".dependency-cruiser.cjs", "--output-type", "err", "app", "components", "common", "server"], { cwd: house, encoding: "utf8" });
  return { code: r.status, said: r.stdout + r.stderr };
}

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "flowbook-house-"));
  for (const file of [".dependency-cruiser.cjs", "tsconfig.json", "package.json"]) cpSync(file, join(house, file));
  symlinkSync(join(process.cwd(), "node_modules"), join(house, "node_modules"));
  write(clean);
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

test("a clean house passes, and was read", () => {
  const { code, said } = cruise();
  expect(said).toMatch(/no dependency violations found \(\d\d modules/);
  expect(code).toBe(0);
});

test.each(breaches)("%s: a breach in %s is caught", (rule, file, code) => {
  write({ ...clean, [file]: code });
  const result = cruise();
  write(clean);
  expect(result.said).toContain(`error ${rule}:`);
  expect(result.code).not.toBe(0);
});

test("every rule has a planted breach", async () => {
  const { default: config } = await import("../.dependency-cruiser.cjs");
  expect(new Set(breaches.map(([rule]) => rule))).toEqual(new Set((config.forbidden ?? []).map((r) => r.name)));
});
