import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { notFound } from "@/server/errors";

/** Ends a link; browsers that have it open are closed out by the announcement. @throws DomainError `not_found`, `forbidden`. */
export async function revokeShare(ctx: Ctx, { shareId }: { shareId: string }): Promise<void> {
  requireAccess(ctx, "share");
  const { count } = await ctx.db.shareLink.updateMany({ where: { id: shareId, workspaceId: ctx.workspaceId, revokedAt: null }, data: { revokedAt: ctx.now() } });
  if (count === 0) throw notFound("share", shareId);
  announce(ctx, `share:${shareId}`, `workspace:${ctx.workspaceId}`);
}
