import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";

export type RunnerReport = { runnerId: string; hostname: string; pid: number; slots: number; sandbox: object; startedAt: Date };

/** A runner's sign of life, and that of the jobs it carries out. */
export async function heartbeat(ctx: Ctx, { runnerId, hostname, pid, slots, sandbox, startedAt }: RunnerReport, jobIds: string[]): Promise<void> {
  const heartbeatAt = ctx.now().toISOString();
  await ctx.sql.query(
    `INSERT INTO "Runner" (id, hostname, pid, slots, sandbox, "startedAt", "heartbeatAt") VALUES ($1, $2, $3, $4, $5, $6::timestamptz AT TIME ZONE 'UTC', $7::timestamptz AT TIME ZONE 'UTC')
     ON CONFLICT (id) DO UPDATE SET hostname = excluded.hostname, pid = excluded.pid, slots = excluded.slots, sandbox = excluded.sandbox,
       "startedAt" = excluded."startedAt", "heartbeatAt" = excluded."heartbeatAt"`,
    [runnerId, hostname, pid, slots, JSON.stringify(sandbox), startedAt.toISOString(), heartbeatAt],
  );
  if (jobIds.length > 0) await ctx.sql.query(`UPDATE "Job" SET "heartbeatAt" = $2::timestamptz AT TIME ZONE 'UTC' WHERE id = ANY($1::text[]) AND "endedAt" IS NULL`, [jobIds, heartbeatAt]);
}

export type RunnerInfo = { id: string; slots: number; sandbox: unknown; startedAtMs: number; heartbeatAtMs: number; isAlive: boolean };

/** How long a runner may be silent before it counts as away. */
export const runnerSilentMs = 30_000;

/** The runners that were ever here, the living first; pages say from it what the sandbox can give. */
export async function listRunners(ctx: Ctx): Promise<RunnerInfo[]> {
  requireAccess(ctx, "view");
  const rows = await ctx.db.runner.findMany({ orderBy: { heartbeatAt: "desc" }, take: 20 });
  return rows.map((r) => ({
    id: r.id,
    slots: r.slots,
    sandbox: r.sandbox,
    startedAtMs: r.startedAt.getTime(),
    heartbeatAtMs: r.heartbeatAt.getTime(),
    isAlive: ctx.now().getTime() - r.heartbeatAt.getTime() < runnerSilentMs,
  }));
}
