import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { asDomainError, DomainError } from "@/server/errors";
import { log } from "@/server/log";
import { collectGarbage } from "./collect-garbage";
import type { GcReport, GcStage } from "./types";

/** `failure` is in words for the page. `report` is how far it is, or what it came to. */
export type GcState = { isRunning: boolean; stage: GcStage; startedAtMs: number; endedAtMs: number | null; wasStopped: boolean; failure: string | null; report: GcReport | null };

/** The clean-up that pages start runs in the web process, one for all: who looks again finds it as it stands. */
let current: { state: GcState; workspaceId: string; stop: AbortController } | undefined;

/** Starts a clean-up and returns at once. @throws DomainError `forbidden`; `conflict` while one runs. */
export async function startGc(ctx: Ctx, { olderThanMs }: { olderThanMs: number }): Promise<GcState> {
  requireAccess(ctx, "administer");
  if (current?.state.isRunning) throw new DomainError("conflict", "A clean-up is under way already.");
  const stop = new AbortController();
  const state: GcState = { isRunning: true, stage: "runs", startedAtMs: ctx.now().getTime(), endedAtMs: null, wasStopped: false, failure: null, report: null };
  current = { state, workspaceId: ctx.workspaceId, stop };
  const onProgress = (stage: GcStage, soFar: GcReport) => Object.assign(state, { stage, report: structuredClone(soFar) });
  void collectGarbage(ctx, { olderThanMs, isDryRun: false, signal: stop.signal, onProgress })
    .then((report) => {
      state.report = report;
      log.info({ runs: report.runs, experiments: report.experiments, models: report.loggedModels, files: report.files, strayFiles: report.strayFiles }, "a clean-up is done");
    })
    .catch((error) => {
      const known = asDomainError(error);
      if (!known) log.error({ err: error }, "a clean-up failed");
      state.failure = known?.message ?? "The clean-up met an error of its own; the server's log has it. What was freed until then is freed.";
    })
    .finally(() => Object.assign(state, { isRunning: false, endedAtMs: ctx.now().getTime(), wasStopped: stop.signal.aborted }));
  return state;
}

/** The clean-up that runs or ran last since the server's start; null when there was none in this workspace. */
export async function gcState(ctx: Ctx): Promise<GcState | null> {
  requireAccess(ctx, "administer");
  return current?.workspaceId === ctx.workspaceId ? current.state : null;
}

/** Asks the running clean-up to stop after the batch it is at. */
export async function stopGc(ctx: Ctx): Promise<void> {
  requireAccess(ctx, "administer");
  if (current?.workspaceId === ctx.workspaceId) current.stop.abort();
}
