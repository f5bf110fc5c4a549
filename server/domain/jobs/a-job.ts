import { newId, newRunId } from "@/common/ids";
import type { Prisma } from "@/generated/prisma/client";
import type { Ctx } from "@/server/ctx";
import { createExperiment } from "../experiments";
import { createRun } from "../runs";

/** For tests: a job with its project and run, queued unless said otherwise; nothing is frozen. */
export async function aJob(ctx: Ctx, more: Partial<Prisma.JobUncheckedCreateInput> = {}) {
  const { experimentId } = await createExperiment(ctx, { name: newId("exp") });
  const project = await ctx.db.project.create({ data: { id: newId("prj"), workspaceId: ctx.workspaceId, name: newId("project"), experimentId } });
  const runId = newRunId();
  await createRun(ctx, { experimentId, runId, status: "SCHEDULED" });
  const id = newId("job");
  return ctx.db.job.create({
    data: {
      id, workspaceId: ctx.workspaceId, projectId: project.id, runId, rootJobId: id, entryPoint: "main", parameters: [], commandTemplate: "true", command: "true",
      commit: "c", treeHash: "t", limits: {}, state: "queued", createdAt: new Date(), ...more,
    },
  });
}
