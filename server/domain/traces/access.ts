import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { requireExperimentAccess } from "../experiments";
import { type TraceRow, traceColumns } from "./rows";

export const noTrace = (traceId: string) => new DomainError("not_found", `Trace with ID '${traceId.slice(0, 100)}' not found.`);

/**
 * A trace that the caller may view (or write to): who may view (or write to) its experiment.
 *
 * @throws DomainError `not_found` also for what another workspace has, `forbidden`.
 */
export async function requireTrace(ctx: Ctx, traceId: string, action: "view" | "track"): Promise<TraceRow> {
  const { actor } = ctx;
  if (actor.kind !== "share" || action !== "view") requireAccess(ctx, action);
  const { rows } = await ctx.sql.query<TraceRow>({ name: "trace-by-id", text: `SELECT ${traceColumns} FROM "Trace" t WHERE t."workspaceId" = $1 AND t.id = $2` }, [ctx.workspaceId, traceId]);
  const row = rows[0];
  if (!row) throw noTrace(traceId);
  await requireExperimentOf(ctx, row.experimentId, action, traceId);
  return row;
}

/** People and tokens may what their role says; a share or a step is held to its experiment as well. */
async function requireExperimentOf(ctx: Ctx, experimentId: number, action: "view" | "track", traceId: string): Promise<void> {
  const { kind } = ctx.actor;
  if (kind !== "share" && kind !== "step") return;
  await requireExperimentAccess(ctx, { experimentId }, action).catch((error: unknown) => {
    throw error instanceof DomainError && error.kind === "not_found" ? noTrace(traceId) : error;
  });
}
