import type { EntryPoint } from "@/common/mlproject";
import { limits } from "@/common/limits";
import { newId } from "@/common/ids";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { createRun, endRunOfJob, logBatch } from "../runs";
import { type Job, toJob, topicsOf } from "./job-record";

export type NewJob = {
  runId: string;
  project: { id: string; name: string };
  experimentId: number;
  entryPoint: EntryPoint;
  /** What the runner renders the command from. */
  parameters: Record<string, string>;
  /** What the run shows as its params: the values as given. */
  params: Record<string, string>;
  command: string;
  version: { commit: string; treeHash: string };
  runName?: string;
  envManager: string | null;
  launchedBy: "person" | "api" | "nested";
  launchedById: string | null;
  /** MLflow's user: a name, not an id. */
  userName: string;
  parent: { runId: string; jobId: string; rootJobId: string } | null;
};

/**
 * Writes the intent down: the run, its params, then the job that a runner may claim. Nothing is spawned before this is committed.
 * When the job cannot be written the run is ended, so that none waits for a job that never comes.
 */
export async function createJob(ctx: Ctx, input: NewJob): Promise<Job> {
  const system: Ctx = { ...ctx, actor: { kind: "system" } };
  const id = newId("job");
  const tags: Record<string, string> = {
    "mlflow.user": input.userName,
    "mlflow.source.name": input.project.name,
    "mlflow.source.type": "PROJECT",
    "mlflow.project.entryPoint": input.entryPoint.name,
    "mlflow.project.backend": "local",
    "mlflow.source.git.commit": input.version.commit,
    ...(input.parent ? { "mlflow.parentRunId": input.parent.runId } : {}),
  };
  const { runId } = input;
  await createRun(system, {
    experimentId: input.experimentId,
    runId,
    ...(input.runName ? { name: input.runName } : {}),
    userId: input.userName,
    startTimeMs: ctx.now().getTime(),
    status: "SCHEDULED",
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  try {
    const params = Object.entries(input.params).map(([key, value]) => ({ key, value }));
    if (params.length > 0) await logBatch(system, { runId, params });
    const wanted = input.entryPoint.limits;
    const row = await ctx.db.job.create({
      data: {
        id,
        workspaceId: ctx.workspaceId,
        projectId: input.project.id,
        runId,
        parentRunId: input.parent?.runId ?? null,
        parentJobId: input.parent?.jobId ?? null,
        rootJobId: input.parent?.rootJobId ?? id,
        entryPoint: input.entryPoint.name,
        parameters: Object.entries(input.parameters),
        commandTemplate: input.entryPoint.command,
        command: input.command,
        commit: input.version.commit,
        treeHash: input.version.treeHash,
        envManager: input.envManager,
        limits: {
          memoryBytes: wanted.memoryBytes ?? limits.stepMemoryBytes,
          timeoutSeconds: wanted.timeoutSeconds ?? limits.stepTimeoutSeconds,
          graceSeconds: wanted.graceSeconds ?? limits.stopKillAfterMs / 1000,
        },
        launchedById: input.launchedById,
        launchedBy: input.launchedBy,
        state: "queued",
        createdAt: ctx.now(),
      },
    });
    announce(ctx, "jobs", ...topicsOf(row));
    return await toJob(ctx, row);
  } catch (error) {
    await endRunOfJob(system, { runId, status: "FAILED", endTimeMs: ctx.now().getTime() }).catch(() => {});
    throw error;
  }
}
