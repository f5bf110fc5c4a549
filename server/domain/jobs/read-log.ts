import { limits } from "@/common/limits";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { requireRunAccess } from "../runs";
import { readChunksSql } from "./append-log.sql";
import { isEndedState, jobRow } from "./job-record";

export type LogPart = {
  bytes: Buffer;
  /** Where `bytes` begin. */
  offset: number;
  /** The end of what is stored now. */
  endOffset: number;
  /** The job has ended and these bytes reach the end of its log. */
  isComplete: boolean;
};

/** At most `maxBytes` (1 MiB) of a job's log from an offset; past the end: empty. */
export async function readLog(ctx: Ctx, { jobId, offset, maxBytes = limits.logAnswerBytes }: { jobId: string; offset: number; maxBytes?: number }): Promise<LogPart> {
  // The row before the chunks: what it counts is committed, so the chunks are there.
  const row = await jobRow(ctx, jobId);
  await requireRunAccess(ctx, { runId: row.runId }, "view");

  const endOffset = Number(row.logBytes);
  const isEnded = isEndedState(row.state) && row.isLogComplete;
  const wanted = Math.min(maxBytes, limits.logAnswerBytes, endOffset - offset);
  if (wanted <= 0) return { bytes: Buffer.alloc(0), offset, endOffset, isComplete: isEnded && offset >= endOffset };

  const chunks = await ctx.sql.query<{ offsetBytes: bigint; bytes: Buffer }>(readChunksSql, [jobId, offset, wanted]);
  const parts = chunks.rows.map((chunk) => {
    const start = Number(chunk.offsetBytes);
    return chunk.bytes.subarray(Math.max(0, offset - start), Math.max(0, offset + wanted - start));
  });
  const bytes = Buffer.concat(parts);
  return { bytes, offset, endOffset, isComplete: isEnded && offset + bytes.length >= endOffset };
}

/** Resolves when there is log past the offset, or the job has ended, or the time is over: then read. */
export async function waitForLog(ctx: Ctx, { jobId, offset, timeoutMs }: { jobId: string; offset: number; timeoutMs: number }): Promise<void> {
  await waitUntil(ctx, jobId, timeoutMs, [`job-log:${jobId}`, `job:${jobId}`], (row) => Number(row.logBytes) > offset || (isEndedState(row.state) && row.isLogComplete));
}

/** Resolves when the job has ended, or the time is over. */
export async function waitForEnd(ctx: Ctx, { jobId, timeoutMs }: { jobId: string; timeoutMs: number }): Promise<void> {
  await waitUntil(ctx, jobId, timeoutMs, [`job:${jobId}`], (row) => isEndedState(row.state));
}

type Watched = { state: string; logBytes: bigint; isLogComplete: boolean; runId: string };

async function waitUntil(ctx: Ctx, jobId: string, timeoutMs: number, topics: string[], isThere: (row: Watched) => boolean): Promise<void> {
  const until = Date.now() + timeoutMs;
  let wake = () => {};
  // Listening begins before the first look, so that nothing falls between the two.
  let hasNews = false;
  const stops = topics.map((t) => listen(t, () => { hasNews = true; wake(); }));
  try {
    for (let isFirst = true; ; isFirst = false) {
      hasNews = false;
      const row = await jobRow(ctx, jobId);
      if (isFirst) await requireRunAccess(ctx, { runId: row.runId }, "view");
      const leftMs = until - Date.now();
      if (isThere(row) || leftMs <= 0) return;
      if (hasNews) continue;
      await new Promise<void>((done) => {
        // A lost announcement costs one of these intervals.
        const timer = setTimeout(done, Math.min(leftMs, 2_000));
        wake = () => { clearTimeout(timer); done(); };
      });
      wake = () => {};
    }
  } finally {
    for (const stop of stops) stop();
  }
}
