import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";

export type RunnerReport = { runnerId: string; hostname: string; pid: number; slots: number; sandbox: object; startedAt: Date };

/** A runner's sign of life, and that of the jobs it carries out. */
export async function heartbeat(ctx: Ctx, { runnerId, hostname, pid, slots, sandbox, startedAt }: RunnerReport, jobIds: string[]): Promise<void> {
  const heartbeatAt = ctx.now();
  const data = { hostname, pid, slots, sandbox, startedAt, heartbeatAt };
  await ctx.db.runner.upsert({ where: { id: runnerId }, create: { id: runnerId, ...data }, update: data });
  if (jobIds.length > 0) await ctx.db.job.updateMany({ where: { id: { in: jobIds }, endedAt: null }, data: { heartbeatAt } });
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
