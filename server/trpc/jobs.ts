import { z } from "zod";
import { cancelJob, findJobByRun, getJob, launch, listJobs, listRunners } from "../domain/jobs";
import { procedure, router } from "./trpc";

const jobId = z.object({ jobId: z.string().max(64) });

export const jobsRouter = router({
  get: procedure.input(jobId).query(({ ctx, input }) => getJob(ctx, input)),
  byRun: procedure.input(z.object({ runId: z.string().max(64) })).query(({ ctx, input }) => findJobByRun(ctx, input)),
  list: procedure
    .input(z.object({ projectId: z.string().max(64).optional(), parentRunId: z.string().max(64).optional(), entryPoint: z.string().max(300).optional(), limit: z.number().int().min(1).max(200).optional(), pageToken: z.string().optional() }))
    .query(({ ctx, input }) => listJobs(ctx, input)),
  launch: procedure
    .input(z.object({
      projectId: z.string().max(64),
      entryPoint: z.string().max(300).optional(),
      parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
      envManager: z.enum(["local", "virtualenv", "uv", "conda"]).optional(),
      runName: z.string().max(250).optional(),
    }))
    .mutation(({ ctx, input }) => launch(ctx, input)),
  /** The runners, for what pages say of slots and sandbox. */
  runners: procedure.query(({ ctx }) => listRunners(ctx)),
  cancel: procedure.input(jobId).mutation(({ ctx, input }) => cancelJob(ctx, input)),
});
