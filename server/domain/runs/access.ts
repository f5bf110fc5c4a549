import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, forbidden } from "@/server/errors";
import { sharedExperimentIds } from "../experiments";
import { type RunRow, runColumns } from "./rows";

/** MLflow's words for a run that this workspace does not have. */
export const noRun = (runId: string) => new DomainError("not_found", `Run with id=${runId.slice(0, 100)} not found`);

/** A run with what a verb must know before it writes. */
export type AccessibleRun = RunRow & { workspaceId: string; /** A Job of ours decides its status. */ hasJob: boolean; isJobEnded: boolean };

/**
 * The one place that knows who may see or write a run. A share sees its run and what hangs below, or its experiment's (project's)
 * runs. A step sees the workspace's runs and writes its own and those below it. The server itself sees all.
 *
 * @throws DomainError `not_found` for what the caller may not know of, `forbidden` for what it may see and not write.
 */
export async function requireRunAccess(ctx: Ctx, { runId }: { runId: string }, action: "view" | "track"): Promise<AccessibleRun> {
  const { actor } = ctx;
  if (actor.kind !== "share" || action !== "view") requireAccess(ctx, action);
  const { rows } = await ctx.sql.query<AccessibleRun>(
    {
      name: "run-access",
      text: `SELECT ${runColumns}, e."workspaceId", j.id IS NOT NULL AS "hasJob", coalesce(j.state IN ('finished','failed','stopped','lost'), false) AS "isJobEnded"
        FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" LEFT JOIN "Job" j ON j."runId" = r.id
        WHERE r.id = $1 AND (e."workspaceId" = $2 OR $3)`,
    },
    [runId, ctx.workspaceId, actor.kind === "system"],
  );
  const run = rows[0];
  if (!run) throw noRun(runId);
  if (actor.kind === "share" && !(await isShared(ctx, run))) throw noRun(runId);
  if (actor.kind === "step" && action === "track" && !(await isOfStep(ctx, run.id))) {
    throw forbidden("A step may write to its own run and the runs below it only.");
  }
  return run;
}

/** Several runs at once, in the order of the ids. */
export async function requireRunsAccess(ctx: Ctx, runIds: string[], action: "view", { skipsMissing = false } = {}): Promise<Pick<AccessibleRun, "id" | "seq">[]> {
  if (ctx.actor.kind === "share") return Promise.all(runIds.map((runId) => requireRunAccess(ctx, { runId }, action)));
  requireAccess(ctx, action);
  const { rows } = await ctx.sql.query<{ id: string; seq: number }>(
    { name: "runs-access", text: `SELECT r.id, r.seq FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" WHERE r.id = ANY($1::text[]) AND (e."workspaceId" = $2 OR $3)` },
    [runIds, ctx.workspaceId, ctx.actor.kind === "system"],
  );
  const byId = new Map(rows.map((r) => [r.id, r]));
  return runIds.flatMap((id) => {
    const run = byId.get(id);
    if (!run && !skipsMissing) throw noRun(id);
    return run ?? [];
  });
}

/** What never changes of a run: it does not move between experiments, nor they between workspaces. */
export type RunPlace = { id: string; seq: number; experimentId: number; workspaceId: string };
const maxPlaces = 50_000;
const places = new WeakMap<Ctx["sql"], Map<string, RunPlace>>();

/**
 * The same question as `requireRunAccess(…, "track")`, asked by the thousand: what is known of a run's place is kept, so that
 * logging a metric costs no query before its write, which finds out by itself whether the run is active.
 */
export async function requireRunPlace(ctx: Ctx, runId: string): Promise<RunPlace> {
  requireAccess(ctx, "track");
  const known = places.get(ctx.sql)?.get(runId);
  const place = known ?? (await findPlace(ctx, runId));
  if (!place || (place.workspaceId !== ctx.workspaceId && ctx.actor.kind !== "system")) throw noRun(runId);
  if (!known) rememberPlace(ctx, place);
  if (ctx.actor.kind === "step" && !(await isOfStep(ctx, runId))) throw forbidden("A step may write to its own run and the runs below it only.");
  return place;
}

export function rememberPlace(ctx: Ctx, place: RunPlace): void {
  const known = places.get(ctx.sql) ?? new Map<string, RunPlace>();
  places.set(ctx.sql, known);
  if (known.size >= maxPlaces) known.clear();
  known.set(place.id, place);
}

async function findPlace(ctx: Ctx, runId: string): Promise<RunPlace | undefined> {
  const { rows } = await ctx.sql.query<RunPlace>(
    { name: "run-place", text: `SELECT r.id, r.seq, r."experimentId", e."workspaceId" FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" WHERE r.id = $1` },
    [runId],
  );
  return rows[0];
}

/** After a write that found no active run: says why. @throws DomainError `not_found`, or `invalid` for a deleted one. */
export async function refuseInactiveRun(ctx: Ctx, runId: string): Promise<never> {
  places.get(ctx.sql)?.delete(runId);
  const run = await requireRunAccess(ctx, { runId }, "view");
  requireActiveRun({ id: run.id, lifecycleStage: "deleted" });
  throw noRun(runId);
}

/** Whether a step's run is this run or one above it. False for any other actor. */
export async function isOfStep(ctx: Ctx, runId: string): Promise<boolean> {
  return ctx.actor.kind === "step" && isSameOrBelow(ctx, runId, ctx.actor.runId);
}

/** Whether a run is part of the pipeline that a step belongs to: the outermost launch's run and all below. */
export async function isOfPipeline(ctx: Ctx, runId: string): Promise<boolean> {
  const { actor } = ctx;
  if (actor.kind !== "step") return false;
  const { rows } = await ctx.sql.query<{ runId: string }>(`SELECT "runId" FROM "Job" WHERE id = $1 AND "workspaceId" = $2`, [actor.rootJobId, ctx.workspaceId]);
  return isSameOrBelow(ctx, runId, rows[0]?.runId ?? actor.runId);
}

async function isShared(ctx: Ctx, run: RunRow): Promise<boolean> {
  const { actor } = ctx;
  if (actor.kind !== "share") return false;
  if (actor.targetType === "run") return isSameOrBelow(ctx, run.id, actor.targetId);
  return (await sharedExperimentIds(ctx)).includes(run.experimentId);
}

async function isSameOrBelow(ctx: Ctx, runId: string, ancestorId: string): Promise<boolean> {
  if (runId === ancestorId) return true;
  // UNION (not ALL): a ring of parents, which clients can tag, must end.
  const { rows } = await ctx.sql.query(
    `WITH RECURSIVE up AS (
       SELECT id, "parentRunId", "experimentId" FROM "Run" WHERE id = $1
       UNION SELECT r.id, r."parentRunId", r."experimentId" FROM "Run" r JOIN up ON r.id = up."parentRunId"
     ) SELECT 1 FROM up JOIN "Experiment" e ON e.id = up."experimentId" WHERE up.id = $2 AND e."workspaceId" = $3`,
    [runId, ancestorId, ctx.workspaceId],
  );
  return rows.length > 0;
}

/** @throws DomainError `invalid` with MLflow's words when the run is deleted. */
export function requireActiveRun(run: Pick<RunRow, "id" | "lifecycleStage">): void {
  if (run.lifecycleStage === "active") return;
  throw new DomainError("invalid", `The run ${run.id} must be in the 'active' state. Current state is ${run.lifecycleStage}.`);
}

/**
 * The parent that a run may be put below: one of this workspace, for a step one of its own tree. Null: no such run; the tag is
 * kept as text and the tree does not show it.
 *
 * @throws DomainError `forbidden` when a step names a run outside its own tree.
 */
export async function resolveParent(ctx: Ctx, parentRunId: string): Promise<string | null> {
  const { rows } = await ctx.sql.query(
    `SELECT r.id FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" WHERE r.id = $1 AND (e."workspaceId" = $2 OR $3)`,
    [parentRunId, ctx.workspaceId, ctx.actor.kind === "system"],
  );
  if (ctx.actor.kind === "step" && !(await isOfStep(ctx, parentRunId))) {
    throw forbidden("A step may put runs below its own run only (tag mlflow.parentRunId).");
  }
  return rows.length > 0 ? parentRunId : null;
}
