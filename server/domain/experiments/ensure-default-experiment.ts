import type { Ctx } from "@/server/ctx";

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
