import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { flushAnnouncements, stopListening } from "./changes";
import type { Ctx } from "./ctx";
import { disconnect, getDb, getSql } from "./db";
import { env } from "./env";
import { log } from "./log";
import { jobsDir } from "./runner/job-dirs";
import { startProxy } from "./runner/proxy";
import { runnerId } from "./runner/runner-id";
import { RunnerLoop } from "./runner/runner-loop";
import { describeSandbox } from "./runner/sandbox";

/** The runner process: carries jobs out until SIGTERM or SIGINT. */
export async function main(): Promise<void> {
  // Steps of another uid read environments and sockets that we make; secrets are given their modes one by one.
  process.umask(0o022);
  const { dataDir, runnerSlots } = env();
  mkdirSync(jobsDir(), { recursive: true, mode: 0o711 });
  const sandbox = await describeSandbox();
  log.info({ mode: sandbox.mode, reason: sandbox.reason }, sandbox.words);

  const proxy = await startProxy();

  const ctx: Ctx = { actor: { kind: "system" }, workspaceId: "", db: getDb(), sql: getSql(), now: () => new Date() };
  const report = { runnerId: runnerId(dataDir), hostname: hostname(), pid: process.pid, slots: runnerSlots, sandbox, startedAt: new Date() };
  const loop = new RunnerLoop(ctx, report, sandbox);
  await loop.start();
  log.info({ runnerId: report.runnerId, slots: runnerSlots }, "the runner is ready");

  await new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
  const isLeaving = existsSync(join(dataDir, "run", "leave-steps"));
  log.info({ isLeaving }, "the runner ends");
  await loop.close({ isLeaving });
  await proxy.close();
  await flushAnnouncements(ctx.sql);
  await stopListening();
  await disconnect();
}
