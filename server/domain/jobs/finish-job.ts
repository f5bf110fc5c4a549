import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { endRunOfJob } from "../runs";
import { isEndedState, topicsOf } from "./job-record";

export type JobEnd = {
  jobId: string;
  state: "finished" | "failed" | "stopped" | "lost";
  reason: string;
  exitCode?: number | null;
  signal?: number | null;
  endedAt?: Date;
};

const runStatus = { finished: "FINISHED", failed: "FAILED", lost: "FAILED", stopped: "KILLED" } as const;

/**
 * Ends a job and its run, and closes the log: whoever calls has stored all of it. A job that has ended stays as it ended.
 * The run goes first, so that nobody sees an ended job with a run that still runs.
 */
export async function finishJob(ctx: Ctx, { jobId, state, reason, exitCode = null, signal = null, endedAt = ctx.now() }: JobEnd): Promise<void> {
  const row = await ctx.db.job.findUniqueOrThrow({ where: { id: jobId } });
  if (isEndedState(row.state)) return;
  await endRunOfJob(ctx, { runId: row.runId, status: runStatus[state], endTimeMs: endedAt.getTime() });
  await ctx.db.job.updateMany({
    where: { id: jobId, endedAt: null },
    data: { state, reason, exitCode, signal, endedAt, isLogComplete: true, heartbeatAt: ctx.now() },
  });
  await ctx.db.jobInput.deleteMany({ where: { jobId } });
  // A slot is free, and a parent that waited holds one again.
  announce(ctx, ...topicsOf(row), `job-log:${jobId}`, "jobs");
}
