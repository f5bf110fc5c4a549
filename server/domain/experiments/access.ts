import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, forbidden } from "@/server/errors";
import { type ExperimentRow, experimentColumns } from "./rows";

const maxId = 2_147_483_647;

/** MLflow's words for an experiment that this workspace does not have. */
export const noExperiment = (id: number | string) =>
  new DomainError("not_found", `No Experiment with id=${String(id).slice(0, 60)} exists`);

/**
 * The experiment, when the caller may view it (or write to it). A share may view its own experiment, a project's share the
 * project's; a step may view any and write to its own.
 *
 * @throws DomainError `not_found` also for what another workspace has, `forbidden` for a role or scope that is too small.
 */
export async function requireExperimentAccess(ctx: Ctx, { experimentId }: { experimentId: number }, action: "view" | "track"): Promise<ExperimentRow> {
  const { actor } = ctx;
  if (actor.kind === "share") {
    if (action !== "view") requireAccess(ctx, action);
    if (!(await sharedExperimentIds(ctx)).includes(experimentId)) throw noExperiment(experimentId);
  } else {
    requireAccess(ctx, action);
  }
  const found =
    Number.isInteger(experimentId) && experimentId >= 0 && experimentId <= maxId
      ? await ctx.sql.query<ExperimentRow>(
          `SELECT ${experimentColumns} FROM "Experiment" e WHERE e.id = $1 AND (e."workspaceId" = $2 OR $3)`,
          [experimentId, ctx.workspaceId, actor.kind === "system"],
        )
      : null;
  const row = found?.rows[0];
  if (!row) throw noExperiment(experimentId);
  if (actor.kind === "step" && action === "track" && experimentId !== actor.experimentId) {
    throw forbidden("A step may write to its own experiment only.");
  }
  return row;
}

/** The experiments that a share link lets its holder see whole. */
export async function sharedExperimentIds(ctx: Ctx): Promise<number[]> {
  const { actor } = ctx;
  if (actor.kind !== "share") return [];
  if (actor.targetType === "experiment") return /^\d{1,10}$/.test(actor.targetId) ? [Number(actor.targetId)] : [];
  if (actor.targetType === "project") {
    const project = await ctx.db.project.findFirst({ where: { id: actor.targetId, workspaceId: ctx.workspaceId }, select: { experimentId: true } });
    return project ? [project.experimentId] : [];
  }
  return [];
}

/** Experiments are made and changed by people and their tokens; a step has the one it was launched in. */
export function refuseStep(ctx: Ctx): void {
  if (ctx.actor.kind === "step") throw forbidden("A step may not make or change experiments; it logs to the one it was launched in.");
}
