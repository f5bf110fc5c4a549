import { log } from "@/server/log";
import type { Ctx } from "@/server/ctx";
import { endRunOfJob } from "../runs";
import { finishJob } from "./finish-job";
import { clock } from "./words";

/** A runner that is silent for this long does not come back; before, its steps may yet be found again. */
const runnerGoneMs = 10 * 60_000;
/** A launch writes its run and its job within moments of each other. */
const runAloneMs = 2 * 60_000;

const strayJobsSql = `
SELECT j.id, j."workspaceId", coalesce(r."heartbeatAt", j."heartbeatAt") AT TIME ZONE 'UTC' AS "seenAt" FROM "Job" j LEFT JOIN "Runner" r ON r.id = j."runnerId"
WHERE j.state IN ('preparing', 'running', 'stopping') AND j."runnerId" <> $1
  AND coalesce(r."heartbeatAt", j."heartbeatAt", j."createdAt") < $2::timestamptz AT TIME ZONE 'UTC'`;

const strayRunsSql = `
SELECT run.id, e."workspaceId" FROM "Run" run JOIN "Experiment" e ON e.id = run."experimentId"
WHERE run.status = 'SCHEDULED' AND run."startTimeMs" < $1
  AND EXISTS (SELECT 1 FROM "Tag" t WHERE t."runSeq" = run.seq AND t.key = 'mlflow.source.type' AND t.value = 'PROJECT')
  AND NOT EXISTS (SELECT 1 FROM "Job" j WHERE j."runId" = run.id)
LIMIT 500`;

/**
 * Ends what nobody carries out any more: jobs of a runner that has gone for good, and runs whose launch died before its job was
 * written. For the server itself, over all workspaces.
 */
export async function endStrays(ctx: Ctx, { runnerId }: { runnerId: string }): Promise<void> {
  const nowMs = ctx.now().getTime();
  const jobs = await ctx.sql.query<{ id: string; workspaceId: string; seenAt: Date | null }>(strayJobsSql, [runnerId, new Date(nowMs - runnerGoneMs)]);
  for (const { id, workspaceId, seenAt } of jobs.rows) {
    const reason = `runner went away${seenAt ? `; last sign of life ${clock(seenAt)}` : ""}`;
    await finishJob({ ...ctx, workspaceId }, { jobId: id, state: "lost", reason });
    log.info({ jobId: id }, "the runner of a job has gone for good");
  }
  const runs = await ctx.sql.query<{ id: string; workspaceId: string }>(strayRunsSql, [nowMs - runAloneMs]);
  for (const { id, workspaceId } of runs.rows) {
    await endRunOfJob({ ...ctx, workspaceId }, { runId: id, status: "FAILED", endTimeMs: nowMs });
    log.info({ runId: id }, "a run whose launch was cut off has been ended");
  }
}
