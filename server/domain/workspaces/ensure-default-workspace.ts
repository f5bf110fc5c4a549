import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";
import { getDb, getSql } from "@/server/db";

export const defaultWorkspaceSlug = "default";

/** A ctx of the server itself in the workspace "default", which is made at the first call. */
export async function systemCtx(): Promise<Ctx> {
  const sql = getSql();
  const find = () => sql.query<{ id: string }>(`SELECT id FROM "Workspace" WHERE slug = $1`, [defaultWorkspaceSlug]);
  let [workspace] = (await find()).rows;
  if (!workspace) {
    await sql.query(`INSERT INTO "Workspace" (id, slug, name) VALUES ($1, $2, 'Default') ON CONFLICT (slug) DO NOTHING`, [newId("wsp"), defaultWorkspaceSlug]);
    [workspace] = (await find()).rows;
  }
  if (!workspace) throw new Error("the default workspace could not be made");
  return { actor: { kind: "system" }, workspaceId: workspace.id, db: getDb(), sql, now: () => new Date() };
}

/** The address part of the ctx's workspace, such as "default". */
export async function getWorkspaceSlug(ctx: Ctx): Promise<string> {
  const { slug } = await ctx.db.workspace.findUniqueOrThrow({ where: { id: ctx.workspaceId }, select: { slug: true } });
  return slug;
}
