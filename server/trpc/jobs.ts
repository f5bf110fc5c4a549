import { z } from "zod";
import { headlineMetrics } from "@/common/headline-metric";
import type { Ctx } from "../ctx";
import { cancelJob, findJobByRun, getJob, isEndedState, type Job, launch, listJobs, listRunners } from "../domain/jobs";
import { listProjects } from "../domain/projects";
import { getRun } from "../domain/runs";
import { procedure, router } from "./trpc";

const jobId = z.object({ jobId: z.string().max(64) });

export const jobsRouter = router({
  get: procedure.input(jobId).query(({ ctx, input }) => getJob(ctx, input)),
  byRun: procedure.input(z.object({ runId: z.string().max(64) })).query(({ ctx, input }) => findJobByRun(ctx, input)),
  list: procedure
    .input(z.object({ projectId: z.string().max(64).optional(), parentRunId: z.string().max(64).optional(), entryPoint: z.string().max(300).optional(), limit: z.number().int().min(1).max(200).optional(), pageToken: z.string().optional() }))
    .query(({ ctx, input }) => listJobs(ctx, input)),
  recent: procedure.query(({ ctx }) => recentLaunches(ctx)),
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

export type LaunchCard = Job & { runName: string; projectName: string | null; headline: { key: string; value: number | null } | null };

const recentShown = 12;

/** What people launched last: everything that is not ended, and the newest of the rest. Nested launches show under their parents. */
async function recentLaunches(ctx: Ctx): Promise<LaunchCard[]> {
  const [{ jobs }, { projects }] = await Promise.all([listJobs(ctx, { limit: 150 }), listProjects(ctx, { limit: 200 })]);
  const roots = jobs.filter((j) => j.parentJobId === null);
  const shown = [...roots.filter((j) => !isEndedState(j.state)), ...roots.filter((j) => isEndedState(j.state)).slice(0, recentShown)];
  return Promise.all(shown.map(async (job) => {
    // A run deleted since is left nameless rather than failing the whole list.
    const run = await getRun(ctx, { runId: job.runId }).catch(() => null);
    const best = run ? headlineMetrics(run.latestMetrics, 1)[0] : undefined;
    return { ...job, runName: run?.name ?? job.runId.slice(0, 8), projectName: projects.find((p) => p.id === job.projectId)?.name ?? null, headline: best ? { key: best.key, value: best.value } : null };
  }));
}
