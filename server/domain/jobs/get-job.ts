import type { Ctx } from "@/server/ctx";
import { requireRunAccess } from "../runs";
import { type Job, jobRow, scopeOf, toJob } from "./job-record";

/** One launch. @throws DomainError `not_found` when there is none here, or the caller may not see its run. */
export async function getJob(ctx: Ctx, { jobId }: { jobId: string }): Promise<Job> {
  const row = await jobRow(ctx, jobId);
  await requireRunAccess(ctx, { runId: row.runId }, "view");
  return toJob(ctx, row);
}

/** The launch that a run belongs to; null for a run that a client outside made. */
export async function findJobByRun(ctx: Ctx, { runId }: { runId: string }): Promise<Job | null> {
  await requireRunAccess(ctx, { runId }, "view");
  const row = await ctx.db.job.findFirst({ where: { runId, ...scopeOf(ctx) } });
  return row ? toJob(ctx, row) : null;
}
