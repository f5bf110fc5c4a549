import { flushAnnouncements } from "../changes";
import type { Ctx } from "../ctx";
import { disconnect, getDb, getSql } from "../db";
import { defaultWorkspaceSlug } from "../domain/workspaces";

/**
 * The Flowbook of this process's environment, seen by its owner: who may start these commands holds its data.
 *
 * @throws Error in words for a person when its database is not up, is of another version, or has no such workspace.
 */
export async function openFlowbook(slug = defaultWorkspaceSlug): Promise<{ ctx: Ctx; close: () => Promise<void> }> {
  const sql = getSql();
  const tables = await sql.query<{ name: string | null }>(`SELECT to_regclass('public."TransferItem"')::text AS name`).catch((error: Error) => {
    throw new Error(`Flowbook's database is not up (${error.message || "no answer"}). Start Flowbook by npm start; this works beside it.`);
  });
  if (!tables.rows[0]?.name) throw new Error("Flowbook's database is of an older version. Start this Flowbook once, then try again.");
  const workspace = await getDb().workspace.findUnique({ where: { slug }, select: { id: true } });
  if (!workspace) throw new Error(`There is no workspace '${slug}'${slug === defaultWorkspaceSlug ? " yet. Start Flowbook once by npm start" : ""}.`);
  return {
    ctx: { actor: { kind: "open", role: "owner" }, workspaceId: workspace.id, db: getDb(), sql, now: () => new Date() },
    close: async () => {
      await flushAnnouncements(sql);
      await disconnect();
    },
  };
}
