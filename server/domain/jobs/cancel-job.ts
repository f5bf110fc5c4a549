import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { forbidden } from "@/server/errors";
import { finishJob } from "./finish-job";
import { activeStates, isEndedState, type Job, jobRow, toJob, topicsOf } from "./job-record";
import { stopWords } from "./words";

/**
 * Asks for a launch to end, and with it every nested one below it. A queued one ends at once; the runner ends the others. One that
 * has ended is answered as it is. A step may stop what it launched itself.
 */
export async function cancelJob(ctx: Ctx, { jobId }: { jobId: string }): Promise<Job> {
  const row = await jobRow(ctx, jobId);
  if (ctx.actor.kind !== "step") requireAccess(ctx, "launch");
  else if (!(await isBelow(ctx, row.id, ctx.actor.jobId))) throw forbidden("A step may stop only the runs that it launched.");
  if (!isEndedState(row.state)) await stopTree(ctx, { jobId, by: byWords(ctx) });
  return toJob(ctx, await jobRow(ctx, jobId));
}

/** Whether one job was launched by another, or by one below it. */
async function isBelow(ctx: Ctx, jobId: string, aboveId: string): Promise<boolean> {
  const found = await ctx.sql.query(
    `WITH RECURSIVE up AS (SELECT "parentJobId" AS id FROM "Job" WHERE id = $1 UNION SELECT j."parentJobId" FROM "Job" j JOIN up ON j.id = up.id)
     SELECT 1 FROM up WHERE id = $2`,
    [jobId, aboveId],
  );
  return found.rows.length > 0;
}

/** Marks a job and what hangs below it as asked to stop. `by` begins the reason: "by Rose", "the server was stopped". */
export async function stopTree(ctx: Ctx, { jobId, by }: { jobId: string; by: string }): Promise<void> {
  const found = await ctx.sql.query<{ id: string }>(treeSql, [jobId]);
  const ids = found.rows.map((r) => r.id);
  const asked = { stopAskedAt: ctx.now(), stopAskedBy: by };
  const below = { ...asked, stopAskedBy: by.startsWith("by ") ? `its parent was stopped ${by}` : by };
  for (const id of ids) {
    // Each state's own step, so that a runner that claims at this moment is either before or after it.
    const why = id === jobId ? asked : below;
    const queued = await ctx.db.job.updateMany({ where: { id, state: "queued", stopAskedAt: null }, data: why });
    if (queued.count > 0) {
      const ended = await endQueued(ctx, id, stopWords(why.stopAskedBy, null, null));
      if (ended) continue;
    }
    await ctx.db.job.updateMany({ where: { id, state: { in: ["preparing", "running"] }, stopAskedAt: null }, data: why });
    await ctx.db.job.updateMany({ where: { id, state: { in: ["preparing", "running"] } }, data: { state: "stopping" } });
  }
  const rows = await ctx.db.job.findMany({ where: { id: { in: ids } } });
  announce(ctx, "jobs", ...new Set(rows.flatMap(topicsOf)));
}

/** Ends a job that no runner has; false when one claimed it meanwhile. */
async function endQueued(ctx: Ctx, jobId: string, reason: string): Promise<boolean> {
  const taken = await ctx.db.job.updateMany({ where: { id: jobId, state: "queued" }, data: { state: "stopping" } });
  if (taken.count === 0) return false;
  // The run of a launch is ended by the server only, whoever asked.
  await finishJob({ ...ctx, actor: { kind: "system" } }, { jobId, state: "stopped", reason });
  return true;
}

/** Depth first is not needed: a launch refuses a parent that is being stopped, so the set cannot grow behind us. */
const treeSql = `
WITH RECURSIVE tree AS (
  SELECT id FROM "Job" WHERE id = $1
  UNION ALL
  SELECT c.id FROM "Job" c JOIN tree t ON c."parentJobId" = t.id
) SELECT j.id FROM tree JOIN "Job" j USING (id) WHERE j.state = ANY('{${activeStates.join(",")}}')`;

function byWords(ctx: Ctx): string {
  const { actor } = ctx;
  if (actor.kind === "user") return `by ${actor.name}`;
  if (actor.kind === "step") return "by the step that launched it";
  return actor.kind === "system" ? "by the server" : "by the owner";
}
