import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireExperimentAccess } from "../experiments";
import { requireRunAccess } from "../runs";
import { requireTrace } from "./access";

/** MLflow's limit for one request. */
export const maxLinks = 100;

/** Says that these traces belong to a run as well; ids that are none here are passed over. @throws DomainError `not_found` for the run. */
export async function linkTracesToRun(ctx: Ctx, { traceIds, runId }: { traceIds: string[]; runId: string }): Promise<void> {
  if (traceIds.length > maxLinks) throw invalid(`Cannot link more than ${maxLinks} traces to a run in a single request. Provided ${traceIds.length} traces.`);
  const run = await requireRunAccess(ctx, { runId }, "track");
  if (ctx.actor.kind === "step") await requireExperimentAccess(ctx, { experimentId: run.experimentId }, "track");
  const onlyExperiment = ctx.actor.kind === "step" ? ctx.actor.experimentId : null;
  await ctx.sql.query(
    `INSERT INTO "TraceLink" (kind, target, "traceSeq") SELECT 'run', $1, seq FROM "Trace" WHERE "workspaceId" = $2 AND id = ANY($3::text[]) AND ($4::int IS NULL OR "experimentId" = $4) ON CONFLICT DO NOTHING`,
    [run.id, ctx.workspaceId, traceIds, onlyExperiment],
  );
  announce(ctx, `run:${run.id}`, `experiment:${run.experimentId}`);
}

/** Says which versions of prompts a trace used. @throws DomainError `not_found` for the trace. */
export async function linkPromptsToTrace(ctx: Ctx, { traceId, prompts }: { traceId: string; prompts: { name: string; version: string }[] }): Promise<void> {
  const trace = await requireTrace(ctx, traceId, "track");
  if (prompts.length > maxLinks) throw invalid(`Cannot link more than ${maxLinks} prompts to a trace in a single request.`);
  await ctx.sql.query(`INSERT INTO "TraceLink" (kind, target, "traceSeq") SELECT 'prompt', p, $1 FROM unnest($2::text[]) p ON CONFLICT DO NOTHING`, [
    trace.seq,
    [...new Set(prompts.map((p) => `${p.name}/${p.version}`))],
  ]);
  announce(ctx, `experiment:${trace.experimentId}`);
}
