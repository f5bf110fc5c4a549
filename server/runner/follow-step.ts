import type { Ctx } from "@/server/ctx";
import { listen } from "@/server/changes";
import { takeInputs } from "@/server/domain/jobs";
import { log } from "@/server/log";
import type { ShimStatus } from "./sandbox-types";
import { ShimLink } from "./shim-link";
import { isAlive, readStatus } from "./shim-status";
import { LogTail } from "./tail-log";

export type FollowedStep = {
  jobId: string;
  jobDir: string;
  logBase: number;
  /** Bytes of the job's log that are stored. */
  logBytes: number;
  startedAt: Date;
  timeoutSeconds: number;
  graceSeconds: number;
};

/** Between two looks when nothing tells; a lost notice costs this much. */
const lookMs = 500;
const aliveCheckMs = 2_000;
/** Gathers a burst of small writes into one chunk. */
const gatherMs = 8;

export type FollowResult =
  | { kind: "exited"; status: ShimStatus }
  /** The shim died without a word. */
  | { kind: "gone"; lastSignAt: Date }
  | { kind: "detached" };

/**
 * Stays with a step until it has ended: its output into the stored log, keys and sizes to it, the stop when asked for or when its
 * time is over. `detach` leaves the step to itself, to be found again.
 */
export async function followStep(ctx: Ctx, step: FollowedStep, { stop, detach }: { stop: AbortSignal; detach: AbortSignal }): Promise<FollowResult> {
  let wake = () => {};
  let hasNews = true;
  const news = () => {
    hasNews = true;
    wake();
  };
  const link = new ShimLink(step.jobDir, news);
  const tail = new LogTail(ctx, step.jobId, step.jobDir, step.logBase, Math.max(0, step.logBytes - step.logBase));
  const deliver = inputCarrier(ctx, step.jobId, link);
  const stopListening = listen(`job-input:${step.jobId}`, deliver);
  let isStopWanted = false;
  const askStop = () => {
    isStopWanted = true;
    link.send({ type: "stop", termAfterMs: Math.round((step.graceSeconds * 2_000) / 3), killAfterMs: step.graceSeconds * 1_000 });
    news();
  };
  if (stop.aborted) askStop();
  else stop.addEventListener("abort", askStop, { once: true });
  detach.addEventListener("abort", news, { once: true });
  const timeLimit = setTimeout(askStop, Math.min(2 ** 31 - 1, Math.max(0, step.startedAt.getTime() + step.timeoutSeconds * 1_000 - Date.now())));

  let checkedAt = Date.now();
  let lastSignAt = new Date();
  try {
    deliver();
    for (;;) {
      hasNews = false;
      if (detach.aborted) return { kind: "detached" };
      // The status before the log: what an exited shim counted is in the file.
      const status = await readStatus(step.jobDir);
      await tail.copy();
      if (status?.state === "exited") {
        await tail.copy();
        return { kind: "exited", status };
      }
      if (Date.now() - checkedAt > aliveCheckMs) {
        checkedAt = Date.now();
        deliver();
        // A shim that was only starting has let the first one pass; a second starts no second ladder.
        if (isStopWanted) askStop();
        if (status && !isAlive(status)) {
          // It may have written its last word between the two looks.
          const last = await readStatus(step.jobDir);
          if (last?.state === "exited") continue;
          await tail.copy();
          return { kind: "gone", lastSignAt };
        }
        lastSignAt = new Date();
      }
      if (!hasNews) await nextNews();
      await new Promise((done) => setTimeout(done, gatherMs));
    }
  } finally {
    clearTimeout(timeLimit);
    stop.removeEventListener("abort", askStop);
    detach.removeEventListener("abort", news);
    stopListening();
    await link.close();
    await tail.close();
  }

  function nextNews() {
    return new Promise<void>((done) => {
      const timer = setTimeout(done, lookMs);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

/** One delivery at a time, so that keys keep their order. */
function inputCarrier(ctx: Ctx, jobId: string, link: ShimLink): () => void {
  let isBusy = false;
  let isAgain = false;
  const carry = async () => {
    if (isBusy) {
      isAgain = true;
      return;
    }
    isBusy = true;
    try {
      do {
        isAgain = false;
        for (const input of await takeInputs(ctx, { jobId })) {
          link.send(input.kind === "resize" ? { type: "resize", cols: input.cols, rows: input.rows } : { type: "input", data: Buffer.from(input.bytes).toString("base64") });
        }
      } while (isAgain);
    } catch (error) {
      log.info({ jobId, error: String(error) }, "input could not be fetched");
    } finally {
      isBusy = false;
    }
  };
  return () => void carry();
}
