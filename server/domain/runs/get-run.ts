import type { Ctx } from "@/server/ctx";
import { requireRunAccess } from "./access";
import { hydrateRuns } from "./hydrate";
import { type ExactRun, type RunDetail, toRunDetail } from "./types";

/** Also a deleted one. @throws DomainError `not_found`. */
export async function getRun(ctx: Ctx, { runId }: { runId: string }): Promise<RunDetail> {
  return toRunDetail(await getExactRun(ctx, { runId }));
}

/** The same with int64 whole and NaN as NaN, for MLflow clients. */
export async function getExactRun(ctx: Ctx, { runId }: { runId: string }): Promise<ExactRun> {
  const row = await requireRunAccess(ctx, { runId }, "view");
  const [run] = await hydrateRuns(ctx, [row]);
  if (!run) throw new Error("hydrateRuns lost a row");
  return run;
}
