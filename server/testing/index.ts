import { newId } from "@/common/ids";
import type { Actor, Ctx, Role } from "../ctx";
import { getDb, getSql } from "../db";

/* For *.db.test.ts, which run on a database of their own (set-up-file.ts). */

/** A fresh workspace, seen by its owner under FLOWBOOK_AUTH=open; `now` may be held. */
export async function aWorkspace(options: { now?: () => Date; slug?: string } = {}): Promise<Ctx> {
  const id = newId("wsp");
  await getDb().workspace.create({ data: { id, slug: options.slug ?? id.replace("_", "-"), name: "Test" } });
  return { actor: { kind: "open", role: "owner" }, workspaceId: id, db: getDb(), sql: getSql(), now: options.now ?? (() => new Date()) };
}

/** The same workspace seen by somebody else. */
export const as = (ctx: Ctx, actor: Actor): Ctx => ({ ...ctx, actor });

/** A person of the workspace with a role; no token, as in a browser. */
export async function aPerson(ctx: Ctx, role: Role): Promise<Ctx> {
  const userId = newId("usr");
  await ctx.db.user.create({ data: { id: userId, name: `A ${role}`, email: `${userId}@test.invalid` } });
  await ctx.db.member.create({ data: { workspaceId: ctx.workspaceId, userId, role } });
  return as(ctx, { kind: "user", userId, name: `A ${role}`, color: "teal", role, scope: null });
}
