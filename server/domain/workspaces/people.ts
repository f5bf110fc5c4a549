import { newId } from "@/common/ids";
import { personColors } from "@/common/secrets";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx, Role } from "@/server/ctx";
import { DomainError, forbidden, invalid } from "@/server/errors";
import { listMembers, type MemberEntry, removeMember, setMemberRole } from "./members";
import { requireSystem } from "./owner";

/* People by the name they sign in with, as MLflow's user calls speak of them. */

export type Person = { userId: string; username: string; role: Role };

/** What is needed to let somebody in by name and password; null where nobody is called so. The caller's workspace first. System only. */
export async function findSignIn(ctx: Ctx, { username }: { username: string }): Promise<(Person & { name: string; color: string; workspaceId: string; passwordHash: string }) | null> {
  requireSystem(ctx);
  const user = await ctx.db.user.findUnique({
    where: { username: username.toLowerCase() },
    select: {
      id: true, name: true, color: true, username: true,
      accounts: { where: { providerId: "credential", password: { not: null } }, select: { password: true } },
      members: { orderBy: { createdAt: "asc" }, select: { workspaceId: true, role: true } },
    },
  });
  const passwordHash = user?.accounts[0]?.password;
  const member = user?.members.find((m) => m.workspaceId === ctx.workspaceId) ?? user?.members[0];
  if (!user || !passwordHash || !member) return null;
  return { userId: user.id, username: user.username ?? username, name: user.name, color: user.color, workspaceId: member.workspaceId, role: member.role as Role, passwordHash };
}

/** A new editor of this workspace. @throws DomainError `already_exists` when the name is taken. */
export async function createPerson(ctx: Ctx, { username, passwordHash }: { username: string; passwordHash: string }): Promise<Person> {
  requireAccess(ctx, "administer");
  if (!/^[a-zA-Z0-9_.]{2,40}$/.test(username)) throw invalid("A username has 2 to 40 letters, digits, dots or underscores.", [{ field: "username", message: "2 to 40 letters, digits, dots or underscores." }]);
  const known = username.toLowerCase();
  const userId = newId("usr");
  const people = await ctx.db.member.count({ where: { workspaceId: ctx.workspaceId } });
  await ctx.db.user
    .create({
      data: {
        id: userId, name: username, username: known, displayUsername: username, email: `${userId}@flowbook.invalid`, color: personColors[people % personColors.length] ?? "teal",
        members: { create: { workspaceId: ctx.workspaceId, role: "editor" } },
        accounts: { create: { id: newId("acc"), accountId: userId, providerId: "credential", password: passwordHash } },
      },
    })
    .catch((error: { code?: string }) => {
      throw error.code === "P2002" ? new DomainError("already_exists", `User (username=${known}) already exists.`) : error;
    });
  announce(ctx, `workspace:${ctx.workspaceId}`);
  return { userId, username: known, role: "editor" };
}

/** Oneself, or anybody here for an owner. @throws DomainError `not_found`. */
export async function getPerson(ctx: Ctx, { username }: { username: string }): Promise<Person> {
  const found = await ctx.db.member.findFirst({
    where: { workspaceId: ctx.workspaceId, user: { username: username.toLowerCase() } },
    select: { userId: true, role: true, user: { select: { username: true } } },
  });
  const isSelf = found !== null && isMyself(ctx, found.userId);
  // Whether there is somebody of a name is for those who may know.
  if (!isSelf) requireAccess(ctx, "administer");
  if (!found) throw new DomainError("not_found", `User with username=${username.slice(0, 100)} not found`);
  return { userId: found.userId, username: found.user.username ?? "", role: found.role as Role };
}

/** Those who can sign in by name. Owners only. */
export async function listPeople(ctx: Ctx): Promise<Person[]> {
  requireAccess(ctx, "administer");
  const named = (await listMembers(ctx)).filter((m): m is MemberEntry & { username: string } => m.username !== null);
  return named.map(({ userId, username, role }) => ({ userId, username, role }));
}

/** Whoever asks; `open` has a role and no person. @throws DomainError `forbidden` for links and steps. */
export async function getMyself(ctx: Ctx): Promise<Person> {
  const { actor } = ctx;
  if (actor.kind === "open") return { userId: "open", username: "owner", role: "owner" };
  if (actor.kind !== "user") throw forbidden("Only a person has an account.");
  const user = await ctx.db.user.findUniqueOrThrow({ where: { id: actor.userId }, select: { username: true, name: true } });
  return { userId: actor.userId, username: user.username ?? user.name, role: actor.role };
}

/** Whether this is the caller's own account; a token of theirs is not they themselves. */
export const isMyself = (ctx: Ctx, userId: string): boolean => ctx.actor.kind === "user" && ctx.actor.scope === null && ctx.actor.userId === userId;

/** The stored form of the caller's own password, to check the one that is given against. */
export async function getMyPasswordHash(ctx: Ctx): Promise<string | null> {
  if (ctx.actor.kind !== "user" || ctx.actor.scope !== null) return null;
  const account = await ctx.db.account.findFirst({ where: { userId: ctx.actor.userId, providerId: "credential" }, select: { password: true } });
  return account?.password ?? null;
}

/** One's own, or anybody's for an owner, whose other sessions then end. The door has checked the old one where that is asked. */
export async function setPersonPassword(ctx: Ctx, { username, passwordHash }: { username: string; passwordHash: string }): Promise<void> {
  const person = await getPerson(ctx, { username });
  await ctx.db.$transaction(async (tx) => {
    const { count } = await tx.account.updateMany({ where: { userId: person.userId, providerId: "credential" }, data: { password: passwordHash } });
    if (count === 0) await tx.account.create({ data: { id: newId("acc"), accountId: person.userId, providerId: "credential", userId: person.userId, password: passwordHash } });
    await tx.session.deleteMany({ where: { userId: person.userId } });
  });
  announce(ctx, `access:${person.userId}`);
}

/** @throws DomainError `invalid` for the last owner. */
export async function setPersonIsOwner(ctx: Ctx, { username, isOwner }: { username: string; isOwner: boolean }): Promise<void> {
  requireAccess(ctx, "administer");
  const person = await getPerson(ctx, { username });
  // Who is no owner stays what they are.
  if (isOwner !== (person.role === "owner")) await setMemberRole(ctx, { userId: person.userId, role: isOwner ? "owner" : "editor" });
}

/** Takes the person out of this workspace; in their last one their name is free again and nothing lets them in. Their work stays. */
export async function removePerson(ctx: Ctx, { username }: { username: string }): Promise<void> {
  requireAccess(ctx, "administer");
  const { userId } = await getPerson(ctx, { username });
  if (isMyself(ctx, userId)) throw new DomainError("invalid", "Users cannot delete their own account. Ask another owner to do it.", { errorCode: "BAD_REQUEST" });
  await removeMember(ctx, { userId });
  if ((await ctx.db.member.count({ where: { userId } })) > 0) return;
  await ctx.db.$transaction([
    ctx.db.account.deleteMany({ where: { userId } }),
    ctx.db.session.deleteMany({ where: { userId } }),
    ctx.db.user.update({ where: { id: userId }, data: { username: null, displayUsername: null } }),
  ]);
  announce(ctx, `access:${userId}`);
}
