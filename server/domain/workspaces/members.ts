import { limits } from "@/common/limits";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx, Role } from "@/server/ctx";
import type { Tx } from "@/server/db";
import { forbidden, invalid, notFound } from "@/server/errors";

export type MemberEntry = { userId: string; name: string; username: string | null; color: string; role: Role; joinedAtMs: number };

/** Who is here; not for project code. */
export async function listMembers(ctx: Ctx): Promise<MemberEntry[]> {
  requireAccess(ctx, "view");
  if (ctx.actor.kind === "step") throw forbidden("A step does not see people.");
  const rows = await ctx.db.member.findMany({
    where: { workspaceId: ctx.workspaceId },
    orderBy: [{ createdAt: "asc" }, { userId: "asc" }],
    take: limits.pageSizeMax,
    select: { userId: true, role: true, createdAt: true, user: { select: { name: true, username: true, color: true } } },
  });
  return rows.map((m) => ({ userId: m.userId, name: m.user.name, username: m.user.username, color: m.user.color, role: m.role as Role, joinedAtMs: m.createdAt.getTime() }));
}

/** Takes effect on open pages and sockets within 5 s. @throws DomainError `invalid` for the last owner. */
export async function setMemberRole(ctx: Ctx, { userId, role }: { userId: string; role: Role }): Promise<void> {
  requireAccess(ctx, "administer");
  const { count } = await ctx.db.$transaction(async (tx) => {
    if (role !== "owner") await requireAnotherOwner(ctx, tx, userId);
    return tx.member.updateMany({ where: { workspaceId: ctx.workspaceId, userId }, data: { role } });
  });
  if (!count) throw notFound("person in this workspace", userId);
  announce(ctx, `access:${userId}`, `workspace:${ctx.workspaceId}`);
}

/** Ends the person's sessions' and tokens' use of this workspace. Their work stays. */
export async function removeMember(ctx: Ctx, { userId }: { userId: string }): Promise<void> {
  requireAccess(ctx, "administer");
  await ctx.db.$transaction(async (tx) => {
    await requireAnotherOwner(ctx, tx, userId);
    await tx.member.deleteMany({ where: { workspaceId: ctx.workspaceId, userId } });
    await tx.apiToken.updateMany({ where: { workspaceId: ctx.workspaceId, userId, revokedAt: null }, data: { revokedAt: ctx.now() } });
  });
  announce(ctx, `access:${userId}`, `workspace:${ctx.workspaceId}`);
}

async function requireAnotherOwner(ctx: Ctx, tx: Tx, userId: string) {
  // Held to the commit, so that two owners cannot make each other leave at once.
  await tx.$queryRaw`SELECT 1 FROM "Workspace" WHERE id = ${ctx.workspaceId} FOR UPDATE`;
  const others = await tx.member.count({ where: { workspaceId: ctx.workspaceId, role: "owner", NOT: { userId } } });
  if (others === 0) throw invalid("This is the only owner. Make someone else an owner first.", [{ field: "role", message: "Make someone else an owner first." }]);
}
