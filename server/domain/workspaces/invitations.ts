import { newId } from "@/common/ids";
import { limits } from "@/common/limits";
import { personColors } from "@/common/secrets";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import { actorUserId, type Ctx, type Role } from "@/server/ctx";
import { DomainError, invalid, notFound } from "@/server/errors";
import { requireSystem } from "./owner";
import { hashSecret, newSecret } from "./token-hash";

export type InvitationEntry = { id: string; role: Role; note: string; createdAtMs: number; expiresAtMs: number; state: "open" | "used" | "revoked" | "expired" };

/** A link `/join/{token}` for one person, good for seven days. Its token is told once. */
export async function createInvitation(ctx: Ctx, { role, note = "" }: { role: Role; note?: string }): Promise<InvitationEntry & { token: string }> {
  requireAccess(ctx, "administer");
  const token = newSecret("inv");
  const row = await ctx.db.invitation.create({
    data: {
      id: newId("inv"), workspaceId: ctx.workspaceId, role, note: note.slice(0, 200), tokenHash: hashSecret(token),
      createdById: actorUserId(ctx), createdAt: ctx.now(), expiresAt: new Date(ctx.now().getTime() + 7 * 24 * 3600_000),
    },
  });
  return { ...entryOf(row, ctx.now()), token };
}

export async function listInvitations(ctx: Ctx): Promise<InvitationEntry[]> {
  requireAccess(ctx, "administer");
  const rows = await ctx.db.invitation.findMany({ where: { workspaceId: ctx.workspaceId, kind: "invite" }, orderBy: [{ createdAt: "desc" }, { id: "desc" }], take: limits.pageSize });
  return rows.map((row) => entryOf(row, ctx.now()));
}

export async function revokeInvitation(ctx: Ctx, { invitationId }: { invitationId: string }): Promise<void> {
  requireAccess(ctx, "administer");
  const { count } = await ctx.db.invitation.updateMany({ where: { id: invitationId, workspaceId: ctx.workspaceId, kind: "invite", usedAt: null }, data: { revokedAt: ctx.now() } });
  if (!count) throw notFound("invitation that is still open", invitationId);
}

/** What the holder of an invitation sees. System only: the token is the right. @throws DomainError `not_found` that says why it ended. */
export async function openInvitation(ctx: Ctx, { token }: { token: string }): Promise<{ id: string; workspaceId: string; workspaceName: string; role: Role }> {
  requireSystem(ctx);
  const row = await ctx.db.invitation.findFirst({ where: { tokenHash: hashSecret(token), kind: "invite" } });
  if (!row) throw new DomainError("not_found", "This invitation is not known. Ask for a new one.");
  const { state } = entryOf(row, ctx.now());
  if (state !== "open") {
    const why = { used: "was used already", revoked: "was taken back", expired: "has expired" }[state];
    throw new DomainError("not_found", `This invitation ${why}. Ask for a new one.`);
  }
  const workspace = await ctx.db.workspace.findUniqueOrThrow({ where: { id: row.workspaceId } });
  return { id: row.id, workspaceId: row.workspaceId, workspaceName: workspace.name, role: row.role as Role };
}

export type NewPerson = { name: string; username: string; passwordHash: string };

/** Makes the person and their membership, and uses the invitation up, all or nothing. System only. */
export async function acceptInvitation(ctx: Ctx, { token, person }: { token: string; person: NewPerson }): Promise<{ userId: string }> {
  const invitation = await openInvitation(ctx, { token });
  const username = person.username.toLowerCase();
  return ctx.db.$transaction(async (tx) => {
    const { count } = await tx.invitation.updateMany({ where: { id: invitation.id, usedAt: null, revokedAt: null }, data: { usedAt: ctx.now() } });
    if (!count) throw new DomainError("not_found", "This invitation was used already. Ask for a new one.");
    if (await tx.user.findUnique({ where: { username }, select: { id: true } })) {
      throw invalid(`The name '${username}' is taken. Choose another.`, [{ field: "username", message: "This name is taken. Choose another." }]);
    }
    const people = await tx.member.count({ where: { workspaceId: invitation.workspaceId } });
    const userId = newId("usr");
    await tx.user.create({
      data: {
        id: userId, name: person.name, username, displayUsername: person.username, email: `${userId}@flowbook.invalid`,
        color: personColors[people % personColors.length] ?? "teal",
        members: { create: { workspaceId: invitation.workspaceId, role: invitation.role } },
        accounts: { create: { id: newId("acc"), accountId: userId, providerId: "credential", password: person.passwordHash } },
      },
    });
    await tx.invitation.update({ where: { id: invitation.id }, data: { usedById: userId } });
    return { userId };
  }).then((result) => {
    announce(ctx, `workspace:${invitation.workspaceId}`);
    return result;
  });
}

type Row = { id: string; role: string; note: string; createdAt: Date; expiresAt: Date; usedAt: Date | null; revokedAt: Date | null };

function entryOf(row: Row, now: Date): InvitationEntry {
  const state = row.usedAt ? "used" : row.revokedAt ? "revoked" : row.expiresAt <= now ? "expired" : "open";
  return { id: row.id, role: row.role as Role, note: row.note, createdAtMs: row.createdAt.getTime(), expiresAtMs: row.expiresAt.getTime(), state };
}
