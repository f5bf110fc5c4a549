import type { Prisma } from "@/generated/prisma/client";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { setRunStatusOfJob } from "../runs";
import { topicsOf } from "./job-record";

/** Where the runner finds a step again: the shim's process, and where its log begins in the job's. */
export type ShimRecord = { pid: number; startTicks: number; bootId: string; dir: string; logBase: number };

export type JobProgress = {
  jobId: string;
  /** Absent: the state stays. A job that is being stopped stays `stopping`. */
  state?: "queued" | "running";
  reason?: string | null;
  command?: string;
  environmentKey?: string;
  commit?: string;
  treeHash?: string;
  shim?: ShimRecord;
  startedAt?: Date;
};

/** What the runner has to say of a job that goes on. Does nothing to one that has ended. */
export async function setJobState(ctx: Ctx, { jobId, state, shim, ...rest }: JobProgress): Promise<void> {
  const data: Prisma.JobUpdateManyMutationInput = {
    ...rest,
    ...(shim ? { shim } : {}),
    heartbeatAt: ctx.now(),
  };
  await ctx.db.job.updateMany({ where: { id: jobId, endedAt: null }, data });
  if (state) {
    // Back to the queue only from `preparing`, and never over a stop that was asked meanwhile.
    const { count } = await ctx.db.job.updateMany({
      where: { id: jobId, state: "preparing", endedAt: null },
      data: state === "queued" ? { state, runnerId: null, preparingAt: null } : { state },
    });
    if (count > 0 && state === "queued") announce(ctx, "jobs");
  }
  const row = await ctx.db.job.findUniqueOrThrow({ where: { id: jobId } });
  if (state === "running") {
    await setRunStatusOfJob(ctx, { runId: row.runId, status: "RUNNING", startTimeMs: (row.startedAt ?? ctx.now()).getTime() });
  }
  announce(ctx, ...topicsOf(row));
}
