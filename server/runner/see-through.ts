import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Ctx } from "@/server/ctx";
import { clock, finishJob, readLimits, type ShimRecord } from "@/server/domain/jobs";
import { log } from "@/server/log";
import type { Signals } from "./carry-out";
import { cleanUp } from "./clean-up";
import { followStep } from "./follow-step";
import { jobDir } from "./job-dirs";
import { persist, sleep } from "./persist";
import { isAlive } from "./shim-status";
import { endOf } from "./step-end";

const againMs = 5_000;

/**
 * Stays with a step that has been started, now or by a runner before us, and writes down its end. A fault of ours on the way does not
 * end a step that lives: it is followed again.
 */
export async function seeThrough(ctx: Ctx, jobId: string, signals: Signals): Promise<void> {
  for (;;) {
    try {
      await follow(ctx, jobId, signals);
      return;
    } catch (error) {
      log.error({ jobId, err: error }, "a step could not be followed");
      if (signals.detach.aborted) return;
      const row = await persist("job", () => ctx.db.job.findUniqueOrThrow({ where: { id: jobId } })).catch(() => null);
      const shim = row?.shim as ShimRecord | null | undefined;
      if (!shim || !isAlive(shim)) {
        await persist("end", () => finishJob(ctx, { jobId, state: "lost", reason: "the server could not follow it to its end; its log names the fault" })).catch(() => {});
        return;
      }
      await sleep(againMs);
    }
  }
}

async function follow(ctx: Ctx, jobId: string, signals: Signals): Promise<void> {
  const row = await persist("job", () => ctx.db.job.findUniqueOrThrow({ where: { id: jobId } }));
  const { memoryBytes, timeoutSeconds, graceSeconds } = readLimits(row.limits);
  // Written by setJobState only.
  const shim = row.shim as ShimRecord | null;
  const logBytes = Number(row.logBytes);
  const step = { jobId, jobDir: jobDir(row), logBase: shim?.logBase ?? logBytes, logBytes, startedAt: row.startedAt ?? ctx.now(), timeoutSeconds, graceSeconds };
  const result = await followStep(ctx, step, signals);
  if (result.kind === "detached") return;
  if (result.kind === "gone") {
    const reason = `its process went away before ${clock(ctx.now())}; last sign of life ${clock(result.lastSignAt)}`;
    await persist("end", () => finishJob(ctx, { jobId, state: "lost", reason }));
  } else {
    const asked = await persist("job", () => ctx.db.job.findUniqueOrThrow({ where: { id: jobId }, select: { stopAskedAt: true, stopAskedBy: true } }));
    const end = endOf(result.status, { ...asked, memoryBytes, timeoutSeconds }, await lastOutput(step.jobDir));
    await persist("end", () => finishJob(ctx, { jobId, ...end }));
    log.info({ jobId, runId: row.runId, state: end.state, exitCode: end.exitCode, signal: end.signal }, "a step has ended");
  }
  await cleanUp(ctx, row);
}

const lastOutputBytes = 16 * 1024;

/** The end of what a step wrote, for the words of its reason. */
async function lastOutput(dir: string): Promise<string> {
  const file = await open(join(dir, "out.log"), "r").catch(() => null);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, lastOutputBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8");
  } finally {
    await file.close();
  }
}
