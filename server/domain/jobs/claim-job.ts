import type { Job as JobRow } from "@/generated/prisma/client";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { topicsOf } from "./job-record";

/*
 * Nested launches first: a pipeline that has begun is finished before another begins. SKIP LOCKED lets several runners claim
 * at once; the row is theirs when the statement has committed.
 */
const claimSql = `
UPDATE "Job" SET state = 'preparing', "runnerId" = $1, "preparingAt" = $2::timestamptz AT TIME ZONE 'UTC', "heartbeatAt" = $2::timestamptz AT TIME ZONE 'UTC'
WHERE id = (
  SELECT id FROM "Job" WHERE state = 'queued' AND backend = 'local'
  ORDER BY ("parentJobId" IS NULL), "createdAt", id
  FOR UPDATE SKIP LOCKED LIMIT 1
) RETURNING id`;

/** Takes the next queued job for a runner: it is `preparing` then. Null when none waits. */
export async function claimJob(ctx: Ctx, { runnerId }: { runnerId: string }): Promise<JobRow | null> {
  const claimed = await ctx.sql.query<{ id: string }>(claimSql, [runnerId, ctx.now()]);
  const id = claimed.rows[0]?.id;
  if (!id) return null;
  const row = await ctx.db.job.findUniqueOrThrow({ where: { id } });
  announce(ctx, ...topicsOf(row));
  return row;
}

const busySql = `
SELECT count(*)::int AS n FROM "Job" j
WHERE j."runnerId" = $1 AND j.state IN ('preparing', 'running', 'stopping')
  AND NOT EXISTS (SELECT 1 FROM "Job" c WHERE c."parentJobId" = j.id AND c.state IN ('queued', 'preparing', 'running', 'stopping'))`;

/** How many of a runner's slots are taken. A step that waits for a nested launch holds none, or a pipeline could wait for itself. */
export async function countBusySlots(ctx: Ctx, { runnerId }: { runnerId: string }): Promise<number> {
  const counted = await ctx.sql.query<{ n: number }>(busySql, [runnerId]);
  return counted.rows[0]?.n ?? 0;
}
