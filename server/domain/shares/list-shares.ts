import { limits } from "@/common/limits";
import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { type ShareEntry, type ShareTarget, toShare } from "./types";

/** Links that work now, newest first; their tokens are not known any more. @throws DomainError `forbidden` for a viewer. */
export async function listShares(ctx: Ctx, input: { targetType?: ShareTarget; targetId?: string } = {}): Promise<ShareEntry[]> {
  return (await pageShares(ctx, { ...input, limit: limits.pageSizeMax })).shares;
}

/** The same, page by page. */
export async function pageShares(
  ctx: Ctx,
  { targetType, targetId, limit = limits.pageSize, pageToken }: { targetType?: ShareTarget; targetId?: string; limit?: number; pageToken?: string },
): Promise<{ shares: ShareEntry[]; nextPageToken?: string }> {
  requireAccess(ctx, "share");
  const take = Math.min(Math.max(1, limit), limits.pageSizeMax);
  if (pageToken !== undefined && !/^shr_[0-9a-z]{1,40}$/.test(pageToken)) {
    throw invalid("page_token is not one that a list gave. Begin without it.", [{ field: "page_token", message: "Not a token of this list." }]);
  }
  const rows = await ctx.db.shareLink.findMany({
    where: {
      workspaceId: ctx.workspaceId, revokedAt: null, expiresAt: { gt: ctx.now() },
      ...(targetType ? { targetType } : {}), ...(targetId ? { targetId } : {}),
    },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: take + 1,
    ...(pageToken ? { cursor: { id: pageToken }, skip: 1 } : {}),
  });
  const page = rows.slice(0, take);
  const last = page.at(-1);
  return { shares: page.map(toShare), ...(rows.length > take && last ? { nextPageToken: last.id } : {}) };
}
