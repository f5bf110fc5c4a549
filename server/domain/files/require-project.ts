import { type Action, requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { notFound } from "@/server/errors";

export type ProjectRow = {
  id: string;
  name: string;
  workspaceId: string;
  experimentId: number;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
};

/**
 * Whether the actor may do this to this project. A project's share link views that project; a step views its own; both
 * hear of any other as absent.
 */
export function requireProjectAccess(ctx: Ctx, projectId: string, action: Action): void {
  const { actor } = ctx;
  if (actor.kind === "share" && action === "view") {
    if (actor.targetType === "project" && actor.targetId === projectId) return;
    throw notFound("project", projectId);
  }
  requireAccess(ctx, action);
  if (actor.kind === "step" && actor.projectId !== projectId) throw notFound("project", projectId);
}

/** @throws DomainError `not_found` when this workspace has no such project (or it is deleted, unless asked for), `forbidden`. */
export async function requireProject(ctx: Ctx, projectId: string, action: Action, options?: { isDeletedToo?: boolean }): Promise<ProjectRow> {
  requireProjectAccess(ctx, projectId, action);
  const row = await ctx.db.project.findFirst({ where: { id: projectId, workspaceId: ctx.workspaceId } });
  if (!row || (row.deletedAt && !options?.isDeletedToo)) throw notFound("project", projectId);
  return row;
}
