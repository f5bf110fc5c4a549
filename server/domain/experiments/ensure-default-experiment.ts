import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";

/**
 * Experiment 0, `Default`, where clients log that name none. It belongs to the workspace with the slug `default`; the ids of
 * others begin at 1. Called at each start; does nothing when it is there.
 */
export async function ensureDefaultExperiment(ctx: Ctx): Promise<void> {
  await ctx.sql.query(
    `INSERT INTO "Experiment" (id, "workspaceId", name, "artifactLocation", "creationTimeMs", "lastUpdateTimeMs")
     SELECT 0, w.id, 'Default', 'mlflow-artifacts:/0', $1, $1 FROM "Workspace" w WHERE w.slug = 'default'
     ON CONFLICT DO NOTHING`,
    [ctx.now().getTime()],
  );
}

const startId = 0;
/** Workspaces whose default experiment is 0 itself; a workspace's slug does not change. */
const isFirst = new Set<string>();

/**
 * What experiment "0" means to this caller: 0 itself in the workspace `default`, elsewhere the workspace's own default experiment,
 * which is made when it is first asked for. One that is called `Default` already is taken for it.
 */
export async function defaultExperimentId(ctx: Ctx): Promise<number> {
  if (ctx.actor.kind !== "share") requireAccess(ctx, "view");
  if (isFirst.has(ctx.workspaceId) || ctx.actor.kind === "share") return startId;
  const { rows } = await ctx.sql.query<{ slug: string; id: number | null }>(
    `SELECT w.slug, e.id FROM "Workspace" w LEFT JOIN "Experiment" e ON e.id = w."defaultExperimentId" AND e."workspaceId" = w.id WHERE w.id = $1`,
    [ctx.workspaceId],
  );
  if (rows[0]?.slug === "default") {
    isFirst.add(ctx.workspaceId);
    return startId;
  }
  return rows[0]?.id ?? makeDefaultExperiment(ctx);
}

async function makeDefaultExperiment(ctx: Ctx): Promise<number> {
  const id = await inTransaction(ctx.sql, async (client) => {
    // The lock lets callers that come at once find the same one.
    await client.query(`SELECT 1 FROM "Workspace" WHERE id = $1 FOR UPDATE`, [ctx.workspaceId]);
    await client.query(
      `WITH next AS (SELECT nextval(pg_get_serial_sequence('"Experiment"', 'id'))::int AS id)
       INSERT INTO "Experiment" (id, "workspaceId", name, "artifactLocation", "creationTimeMs", "lastUpdateTimeMs")
       SELECT id, $1, 'Default', 'mlflow-artifacts:/' || id, $2, $2 FROM next
       WHERE NOT EXISTS (SELECT 1 FROM "Workspace" w JOIN "Experiment" e ON e.id = w."defaultExperimentId" WHERE w.id = $1)
       ON CONFLICT ("workspaceId", name) DO NOTHING`,
      [ctx.workspaceId, ctx.now().getTime()],
    );
    const { rows } = await client.query<{ id: number }>(
      `UPDATE "Workspace" w SET "defaultExperimentId" = coalesce((SELECT e.id FROM "Experiment" e WHERE e.id = w."defaultExperimentId"),
         (SELECT e.id FROM "Experiment" e WHERE e."workspaceId" = w.id AND e.name = 'Default')) WHERE w.id = $1 RETURNING "defaultExperimentId" AS id`,
      [ctx.workspaceId],
    );
    return rows[0]?.id;
  });
  if (id === undefined) throw new Error("a workspace lost its default experiment");
  announce(ctx, `workspace:${ctx.workspaceId}`);
  return id;
}
