import { newId } from "@/common/ids";
import { personColors } from "@/common/secrets";
import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { hashSecret, newSecret } from "./token-hash";

const linkLifeMs = 24 * 3600_000;

/** The workspace's owner; made at the first call, with a name and no password. System only. */
export async function ensureOwner(ctx: Ctx): Promise<{ userId: string; hasPassword: boolean }> {
  requireSystem(ctx);
  const member = await ctx.db.member.findFirst({
    where: { workspaceId: ctx.workspaceId, role: "owner" },
    orderBy: { createdAt: "asc" },
    select: { userId: true, user: { select: { accounts: { where: { providerId: "credential" }, select: { password: true } } } } },
  });
  if (member) return { userId: member.userId, hasPassword: member.user.accounts.some((a) => a.password) };
  const userId = newId("usr");
  await ctx.db.user.create({
    data: {
      id: userId, name: "Owner", email: `${userId}@flowbook.invalid`, color: personColors[0],
      members: { create: { workspaceId: ctx.workspaceId, role: "owner" } },
    },
  });
  return { userId, hasPassword: false };
}

/** A new one-time link that signs in as the owner; it ends the ones before it. Works once, within 24 hours. System only. */
export async function createOwnerLink(ctx: Ctx): Promise<{ token: string }> {
  requireSystem(ctx);
  const { userId } = await ensureOwner(ctx);
  const token = newSecret("own");
  await ctx.db.$transaction([
    ctx.db.invitation.updateMany({ where: { workspaceId: ctx.workspaceId, kind: "owner", usedAt: null, revokedAt: null }, data: { revokedAt: ctx.now() } }),
    ctx.db.invitation.create({
      data: {
        id: newId("inv"), workspaceId: ctx.workspaceId, kind: "owner", role: "owner", tokenHash: hashSecret(token),
        createdById: userId, usedById: userId, expiresAt: new Date(ctx.now().getTime() + linkLifeMs),
      },
    }),
  ]);
  return { token };
}

/**
 * Uses the owner's link up. Two browsers at once: one wins.
 *
 * @throws DomainError `not_found` that says why it ended: its holder may know.
 */
export async function redeemOwnerLink(ctx: Ctx, { token }: { token: string }): Promise<{ userId: string }> {
  requireSystem(ctx);
  const where = { tokenHash: hashSecret(token), kind: "owner" };
  const link = await ctx.db.invitation.findFirst({ where });
  if (!link?.usedById) throw new DomainError("not_found", "This link opens nothing. Run `npm run owner-link` on the server for a new one.");
  const { count } = await ctx.db.invitation.updateMany({
    where: { ...where, usedAt: null, revokedAt: null, expiresAt: { gt: ctx.now() } },
    data: { usedAt: ctx.now() },
  });
  if (count === 0) {
    const why = link.usedAt ? "was used already" : link.revokedAt ? "was replaced by a newer one" : "has expired";
    throw new DomainError("not_found", `This link ${why}. Run \`npm run owner-link\` on the server for a new one.`);
  }
  return { userId: link.usedById };
}

export function requireSystem(ctx: Ctx) {
  if (ctx.actor.kind !== "system") throw new DomainError("forbidden", "Only the server itself does this.");
}

/** Whether whoever looks has a password; someone without one is asked to set it. */
export async function hasPassword(ctx: Ctx): Promise<boolean> {
  if (ctx.actor.kind !== "user") return false;
  return (await ctx.db.account.count({ where: { userId: ctx.actor.userId, providerId: "credential", password: { not: null } } })) > 0;
}
