import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";
import { getDb, getSql } from "@/server/db";

export const defaultWorkspaceSlug = "default";

/** A ctx of the server itself in the workspace "default", which is made at the first call. */
export async function systemCtx(): Promise<Ctx> {
  const db = getDb();
  const workspace = await db.workspace.upsert({
    where: { slug: defaultWorkspaceSlug },
    create: { id: newId("wsp"), slug: defaultWorkspaceSlug, name: "Default" },
    update: {},
    select: { id: true },
  });
  return { actor: { kind: "system" }, workspaceId: workspace.id, db, sql: getSql(), now: () => new Date() };
}

/** The address part of the ctx's workspace, such as "default". */
export async function getWorkspaceSlug(ctx: Ctx): Promise<string> {
  const { slug } = await ctx.db.workspace.findUniqueOrThrow({ where: { id: ctx.workspaceId }, select: { slug: true } });
  return slug;
}
