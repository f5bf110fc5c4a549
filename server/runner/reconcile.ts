import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Job as JobRow } from "@/generated/prisma/client";
import type { Ctx } from "@/server/ctx";
import { clock, finishJob, setJobState, stopWords } from "@/server/domain/jobs";
import { log } from "@/server/log";
import { cleanUp } from "./clean-up";
import { jobDir } from "./job-dirs";
import { sleep } from "./persist";
import { readStatus } from "./shim-status";

export type Found = "follow" | "settled";

/** A shim that was just spawned needs a moment to write its first word, on a busy machine a long one. */
const spawnWaitMs = 20_000;

/**
 * What became of a job that a runner before us had: its shim speaks, living or dead (follow it: its log and end are in its folder); it
 * had not been started (back to the queue: no user code has run); it was started and left no trace (lost, never run again).
 */
export async function reconcile(ctx: Ctx, job: JobRow): Promise<Found> {
  const dir = jobDir(job);
  let status = await readStatus(dir);
  // The shim is noted once it has spoken, so only one that is not noted may still be on its way.
  const isOnItsWay = job.shim === null && existsSync(join(dir, "spec.json"));
  const wasSpawned = job.shim !== null || isOnItsWay;
  for (const until = Date.now() + spawnWaitMs; !status && isOnItsWay && Date.now() < until; status = await readStatus(dir)) await sleep(100);

  if (status) {
    if (!job.shim) {
      // Killed between the spawn and the note of it: nothing of the step's own log is stored yet, so it begins at the end.
      const { pid, startTicks, bootId, startedAtMs } = status;
      const shim = { pid, startTicks, bootId, dir, logBase: Number(job.logBytes) };
      await setJobState(ctx, { jobId: job.id, state: "running", shim, startedAt: new Date(startedAtMs ?? Date.now()) });
    }
    log.info({ jobId: job.id, state: status.state }, "a step was found again");
    return "follow";
  }
  if (wasSpawned) {
    const seen = job.heartbeatAt ? `; last sign of life ${clock(job.heartbeatAt)}` : "";
    await finishJob(ctx, { jobId: job.id, state: "lost", reason: `runner went away before ${clock(ctx.now())}${seen}` });
  } else if (job.stopAskedAt) {
    await finishJob(ctx, { jobId: job.id, state: "stopped", reason: stopWords(job.stopAskedBy ?? "by the owner", null, null) });
  } else {
    await setJobState(ctx, { jobId: job.id, state: "queued" });
    return "settled";
  }
  await cleanUp(ctx, job);
  return "settled";
}
