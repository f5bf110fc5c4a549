import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Ctx } from "@/server/ctx";
import { isEndedState } from "@/server/domain/jobs";
import { log } from "@/server/log";
import { jobsDir } from "./job-dirs";

/** Removes a pipeline's folders once every job of it has ended: its log is stored, its code is frozen, its artifacts are elsewhere. */
export async function cleanUp(ctx: Ctx, job: { id: string; rootJobId: string | null }): Promise<void> {
  const rootJobId = job.rootJobId ?? job.id;
  try {
    const jobs = await ctx.db.job.findMany({ where: { OR: [{ id: rootJobId }, { rootJobId }] }, select: { id: true, state: true } });
    if (!jobs.every((j) => isEndedState(j.state))) return;
    for (const { id } of jobs) await rm(join(jobsDir(), id), { recursive: true, force: true });
  } catch (error) {
    log.info({ rootJobId, error: String(error) }, "folders of an ended pipeline are left over");
  }
}

/** At start: folders of pipelines that ended while no runner was there to remove them. */
export async function sweepFolders(ctx: Ctx): Promise<void> {
  for (const id of await readdir(jobsDir()).catch(() => [])) {
    const job = await ctx.db.job.findUnique({ where: { id }, select: { id: true, rootJobId: true } }).catch(() => null);
    if (job) await cleanUp(ctx, job);
  }
}
