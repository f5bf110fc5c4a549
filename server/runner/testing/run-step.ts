import { createConnection } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { env } from "@/server/env";
import { startStep } from "../sandbox";
import { toolsCache } from "./tools-cache";
import type { ShimCommand, ShimStatus, StartedStep, StepSpec } from "../sandbox-types";
import { readStatus } from "../shim-status";


/** Tools are looked for once and kept between test runs; the data folder of the test file is shown them. */
export async function withTools(): Promise<void> {
  const target = join(env().dataDir, "tools");
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(await toolsCache(), target);
}

export type TestStep = StartedStep & { dir: string; send: (command: ShimCommand) => Promise<void>; log: () => string; end: () => Promise<ShimStatus>; until: (test: (log: string) => boolean) => Promise<void> };

let count = 0;

/** A step in a folder of its own under the data folder, its tree made of these files. */
export async function aStep(command: string, { files = {}, ...more }: Partial<StepSpec> & { files?: Record<string, string> } = {}): Promise<TestStep> {
  mkdirSync(join(env().dataDir, "jobs"), { recursive: true, mode: 0o700 });
  const dir = mkdtempSync(join(env().dataDir, "jobs", "job_"));
  for (const name of ["tree", "scratch"]) mkdirSync(join(dir, name));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, "tree", path), text);
  const started = await startStep({
    jobId: `test${process.pid}-${++count}`, jobDir: dir, treeDir: join(dir, "tree"), scratchDir: join(dir, "scratch"), identity: "prj_test", command, env: {}, environment: null,
    tracking: { host: "127.0.0.1", port: 42_201, token: "step_test" }, network: "internet", limits: { memoryBytes: 1024 ** 3 }, ...more,
  });
  const log = () => (existsSync(join(dir, "out.log")) ? readFileSync(join(dir, "out.log"), "utf8") : "");
  return {
    ...started,
    dir,
    log,
    send: (sent) =>
      new Promise((done, fail) => {
        const socket = createConnection(join(dir, "ctl.sock"), () => socket.end(`${JSON.stringify(sent)}\n`, () => done()));
        socket.on("error", fail);
      }),
    end: async () => {
      let status: ShimStatus | null = null;
      await waitFor(async () => {
        status = await readStatus(dir);
        return status?.state === "exited";
      });
      if (!status) throw new Error("no status");
      return status;
    },
    until: (test) => waitFor(async () => test(log())),
  };
}

export async function waitFor(test: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  for (const until = Date.now() + timeoutMs; !(await test()); await new Promise((done) => setTimeout(done, 20))) {
    if (Date.now() > until) throw new Error(`not within ${timeoutMs} ms`);
  }
}
