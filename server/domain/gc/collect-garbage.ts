import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import type { Scope } from "./candidates";
import { countCandidates } from "./preview";
import type { Removed } from "./remove-files";
import { removeSomeModels, removeSomeOfExperiment } from "./remove-models";
import { removeSomeRuns } from "./remove-runs";
import { sweepStrays } from "./stray-files";
import type { GcOptions, GcReport, GcStage } from "./types";

/** A number of our own among PostgreSQL's advisory locks. */
const lockNumber = 0x466c_6f77;

/**
 * Frees for good what was deleted longer ago than said: runs, logged models, experiments, their artifacts; then stray files. In small
 * transactions, while the server works. Of the caller's workspace; the server itself means all of them. Owners only.
 *
 * @throws DomainError `forbidden`; `conflict` while another clean-up is under way.
 */
export async function collectGarbage(ctx: Ctx, options: GcOptions): Promise<GcReport> {
  requireAccess(ctx, "administer");
  const beforeMs = ctx.now().getTime() - options.olderThanMs;
  const scope: Scope = [beforeMs, ctx.workspaceId, ctx.actor.kind === "system"];
  const report: GcReport = {
    isDryRun: options.isDryRun, beforeMs, runs: 0, loggedModels: 0, experiments: 0, files: { count: 0, sizeBytes: 0 },
    strayFiles: { count: 0, sizeBytes: 0 }, unfinished: { count: 0, sizeBytes: 0 }, kept: { runs: 0, loggedModels: 0, experiments: 0 },
  };
  if (options.isDryRun) {
    await countCandidates(ctx, scope, report);
    await sweepStrays(ctx, report, { signal: options.signal, onPage: () => options.onProgress?.("files", report) });
    return report;
  }
  await whileLocked(ctx, () => free(ctx, scope, report, options));
  announce(ctx, `workspace:${ctx.workspaceId}`);
  return report;
}

async function free(ctx: Ctx, scope: Scope, report: GcReport, { signal, onProgress }: GcOptions): Promise<void> {
  async function each<R extends Removed>(stage: GcStage, some: () => Promise<R | null>, count: (removed: R) => void) {
    onProgress?.(stage, report);
    for (let removed = await some(); removed; removed = signal?.aborted ? null : await some()) {
      count(removed);
      report.files.count += removed.files.count;
      report.files.sizeBytes += removed.files.sizeBytes;
      onProgress?.(stage, report);
    }
    return !signal?.aborted;
  }
  const isWhole =
    (await each("runs", () => removeSomeRuns(ctx, scope), (r) => (report.runs += r.count))) &&
    (await each("models", () => removeSomeModels(ctx, scope), (r) => (report.loggedModels += r.count))) &&
    (await each("experiments", () => removeSomeOfExperiment(ctx, scope), (r) => {
      if (r.what === "experiment") report.experiments++;
      if (r.what === "models") report.loggedModels += r.count;
    }));
  if (!isWhole) return;
  await countCandidates(ctx, scope, report);
  onProgress?.("files", report);
  await sweepStrays(ctx, report, { signal, onPage: () => onProgress?.("files", report) });
  onProgress?.("done", report);
}

/** One clean-up at a time in all processes; a connection that breaks gives the lock back by itself. */
async function whileLocked(ctx: Ctx, act: () => Promise<void>): Promise<void> {
  const client = await ctx.sql.connect();
  let isBroken = false;
  const onError = () => {
    isBroken = true;
  };
  client.on("error", onError);
  try {
    const { rows } = await client.query<{ got: boolean }>(`SELECT pg_try_advisory_lock($1) AS got`, [lockNumber]);
    if (!rows[0]?.got) throw new DomainError("conflict", "A clean-up is under way already.");
    await act().finally(() => client.query(`SELECT pg_advisory_unlock($1)`, [lockNumber]).catch(onError));
  } finally {
    client.off("error", onError);
    client.release(isBroken);
  }
}
