import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { appendChunkSql } from "./append-log.sql";

export const chunkBytes = 256 * 1024;

/**
 * Stores bytes of a job's log at the place where they stand in it. Bytes that are stored already are left as they are, so a
 * runner that does not know how far it came sends them again. Resolves when they are committed.
 *
 * @returns how many bytes of log there are now.
 * @throws Error when the offset lies beyond the end (a gap), or the log has been closed.
 */
export async function appendLog(ctx: Ctx, { jobId, offset, bytes }: { jobId: string; offset: number; bytes: Uint8Array }): Promise<number> {
  let end = offset;
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + chunkBytes);
    const stored = await ctx.sql.query<{ logBytes: bigint }>(appendChunkSql, [jobId, offset + at, Buffer.from(piece), piece.length, ctx.now()]);
    if (stored.rowCount === 1) {
      end = offset + at + piece.length;
      at += piece.length;
      announce(ctx, `job-log:${jobId}`);
      continue;
    }
    const row = await ctx.db.job.findUnique({ where: { id: jobId }, select: { logBytes: true, isLogComplete: true } });
    if (!row) throw new Error(`there is no job ${jobId}`);
    const have = Number(row.logBytes);
    if (have <= offset + at) {
      throw new Error(row.isLogComplete ? `the log of ${jobId} is closed at ${have}` : `a gap in the log of ${jobId}: ${have} bytes stored, ${offset + at} offered`);
    }
    at = Math.min(have - offset, bytes.length);
    end = have;
  }
  return end;
}
