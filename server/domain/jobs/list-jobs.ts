import { limits } from "@/common/limits";
import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireRunAccess } from "../runs";
import { type Job, scopeOf, toJobs } from "./job-record";

export type ListJobsInput = {
  projectId?: string;
  runId?: string;
  parentRunId?: string;
  entryPoint?: string;
  limit?: number;
  pageToken?: string;
};

/** Newest first. A caller that may see only some runs must name one of them. */
export async function listJobs(ctx: Ctx, input: ListJobsInput): Promise<{ jobs: Job[]; nextPageToken?: string }> {
  const named = input.runId ?? input.parentRunId;
  if (named) await requireRunAccess(ctx, { runId: named }, "view");
  else requireAccess(ctx, "view");

  const limit = Math.min(Math.max(1, input.limit ?? limits.pageSize), limits.pageSizeMax);
  const after = input.pageToken ? readToken(input.pageToken) : null;
  const rows = await ctx.db.job.findMany({
    where: {
      AND: [scopeOf(ctx), input.projectId ? { projectId: input.projectId } : {}],
      ...(input.runId ? { runId: input.runId } : {}),
      ...(input.parentRunId ? { parentRunId: input.parentRunId } : {}),
      ...(input.entryPoint ? { entryPoint: input.entryPoint } : {}),
      ...(after ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    jobs: await toJobs(ctx, page),
    ...(rows.length > limit && last ? { nextPageToken: Buffer.from(`${last.createdAt.getTime()}:${last.id}`).toString("base64url") } : {}),
  };
}

function readToken(token: string): { createdAt: Date; id: string } {
  const [ms, id] = Buffer.from(token, "base64url").toString().split(":");
  if (!ms || !id || !/^\d{1,15}$/.test(ms)) throw invalid("The page token is not one of ours. Leave it out to begin at the first page.");
  return { createdAt: new Date(Number(ms)), id };
}
