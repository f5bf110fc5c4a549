import { z } from "zod";
import type { Job as JobRow } from "@/generated/prisma/client";
import { limits } from "@/common/limits";
import type { Ctx } from "@/server/ctx";
import { notFound } from "@/server/errors";

export type JobState = "queued" | "preparing" | "running" | "stopping" | "finished" | "failed" | "stopped" | "lost";

export type JobLimits = { memoryBytes: number; timeoutSeconds: number; graceSeconds: number };

/** What a person, a client or a page sees of one launch. Times are ms since 1970. */
export type Job = {
  id: string;
  runId: string;
  parentRunId: string | null;
  parentJobId: string | null;
  rootJobId: string;
  projectId: string;
  entryPoint: string;
  /** Raw values, defaults filled in. */
  parameters: Record<string, string>;
  /** As resolved: what bash was given. */
  command: string;
  commandTemplate: string;
  commit: string;
  state: JobState;
  reason: string | null;
  exitCode: number | null;
  signal: number | null;
  createdAtMs: number;
  preparingAtMs: number | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  stopAskedAtMs: number | null;
  logBytes: number;
  launchedBy: { userId: string; name: string; color: string } | null;
  limits: JobLimits;
  envManager: string | null;
  /** The nested run this step waits for, if it has launched one that has not ended. */
  waitingForRunId?: string;
};

const endedStates = ["finished", "failed", "stopped", "lost"] as const;
export const activeStates = ["queued", "preparing", "running", "stopping"] as const;
export const isEndedState = (state: string): boolean => (endedStates as readonly string[]).includes(state);

const limitsSchema = z.object({
  memoryBytes: z.number().catch(limits.stepMemoryBytes),
  timeoutSeconds: z.number().catch(limits.stepTimeoutSeconds),
  graceSeconds: z.number().catch(limits.stopKillAfterMs / 1000),
});
/** Pairs, because the order of what is not declared is the order on the command line, and a JSON object in the database keeps none. */
const parametersSchema = z.array(z.tuple([z.string(), z.string()]));

export const readLimits = (value: unknown): JobLimits => limitsSchema.parse(value ?? {});
export const readParameters = (value: unknown): Record<string, string> => Object.fromEntries(parametersSchema.catch([]).parse(value));

/** Turns rows into what callers see: two look-ups for the whole list (who launched, who waits for whom). */
export async function toJobs(ctx: Ctx, rows: JobRow[]): Promise<Job[]> {
  if (rows.length === 0) return [];
  const userIds = [...new Set(rows.flatMap((r) => (r.launchedById ? [r.launchedById] : [])))];
  const running = rows.filter((r) => r.state === "running").map((r) => r.id);
  const [users, children] = await Promise.all([
    userIds.length ? ctx.db.user.findMany({ where: { id: { in: userIds } }, select: { id: true, name: true, color: true } }) : [],
    running.length
      ? ctx.db.job.findMany({
          where: { parentJobId: { in: running }, state: { in: [...activeStates] } },
          orderBy: [{ createdAt: "asc" }, { id: "asc" }],
          select: { parentJobId: true, runId: true },
        })
      : [],
  ]);
  const byId = new Map(users.map((u) => [u.id, u]));
  return rows.map((row) => {
    const user = row.launchedById ? byId.get(row.launchedById) : undefined;
    const child = children.find((c) => c.parentJobId === row.id);
    return {
      id: row.id,
      runId: row.runId,
      parentRunId: row.parentRunId,
      parentJobId: row.parentJobId,
      rootJobId: row.rootJobId ?? row.id,
      projectId: row.projectId,
      entryPoint: row.entryPoint,
      parameters: readParameters(row.parameters),
      command: row.command,
      commandTemplate: row.commandTemplate,
      commit: row.commit,
      state: row.state as JobState,
      reason: row.reason,
      exitCode: row.exitCode,
      signal: row.signal,
      createdAtMs: row.createdAt.getTime(),
      preparingAtMs: row.preparingAt?.getTime() ?? null,
      startedAtMs: row.startedAt?.getTime() ?? null,
      endedAtMs: row.endedAt?.getTime() ?? null,
      stopAskedAtMs: row.stopAskedAt?.getTime() ?? null,
      logBytes: Number(row.logBytes),
      launchedBy: user ? { userId: user.id, name: user.name, color: user.color } : null,
      limits: readLimits(row.limits),
      envManager: row.envManager,
      ...(child ? { waitingForRunId: child.runId } : {}),
    };
  });
}

export async function toJob(ctx: Ctx, row: JobRow): Promise<Job> {
  const [job] = await toJobs(ctx, [row]);
  if (!job) throw new Error("unreachable: one row gives one job");
  return job;
}

/** What of the jobs an actor may know of at all: its workspace's; for a step its own project's. */
export const scopeOf = (ctx: Ctx): { workspaceId: string; projectId?: string } => ({
  workspaceId: ctx.workspaceId,
  ...(ctx.actor.kind === "step" ? { projectId: ctx.actor.projectId } : {}),
});

/** The row within the caller's scope. Access to it is the verb's business. @throws DomainError `not_found`. */
export async function jobRow(ctx: Ctx, jobId: string): Promise<JobRow> {
  const row = await ctx.db.job.findFirst({ where: { id: jobId, ...scopeOf(ctx) } });
  if (!row) throw notFound("launch", jobId);
  return row;
}

/** Topics that a change of this job concerns. */
export const topicsOf = (row: { id: string; projectId: string; runId: string; parentRunId: string | null }): string[] => [
  `job:${row.id}`,
  `project:${row.projectId}`,
  `run:${row.runId}`,
  ...(row.parentRunId ? [`run-tree:${row.parentRunId}`, `run:${row.parentRunId}`] : []),
];
