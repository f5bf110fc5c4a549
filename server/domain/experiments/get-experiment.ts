import { can, requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { requireExperimentAccess } from "./access";
import { type ExperimentRow, experimentColumns, withTags } from "./rows";
import type { Experiment } from "./types";

/** Also a deleted one. @throws DomainError `not_found`. */
export async function getExperiment(ctx: Ctx, { experimentId }: { experimentId: number }): Promise<Experiment> {
  const row = await requireExperimentAccess(ctx, { experimentId }, "view");
  return first(await withTags(ctx, [row]));
}

/** Also a deleted one, as its name stays taken; null when there is none. */
export async function findExperimentByName(ctx: Ctx, { name }: { name: string }): Promise<Experiment | null> {
  if (!can(ctx, "view")) requireAccess(ctx, "view");
  const { rows } = await ctx.sql.query<ExperimentRow>(
    `SELECT ${experimentColumns} FROM "Experiment" e WHERE e."workspaceId" = $1 AND e.name = $2`,
    [ctx.workspaceId, name],
  );
  return rows[0] ? first(await withTags(ctx, [rows[0]])) : null;
}

function first(experiments: Experiment[]): Experiment {
  const [experiment] = experiments;
  if (!experiment) throw new Error("withTags lost a row");
  return experiment;
}
