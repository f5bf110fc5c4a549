import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { deleteByProxyPath, keyOfUri } from "../artifacts";
import { noExperiment, requireExperimentAccess } from "../experiments";
import { artifactLocation } from "./check";

export type DeleteTracesInput = { experimentId: number; maxTimestampMs?: bigint; maxTraces?: number; traceIds?: string[] };

/**
 * Removes traces by their ids, or those up to a time, the oldest first. Their files go with them.
 *
 * @returns How many there were; 0 also for an experiment that is not there, as in MLflow.
 * @throws DomainError `invalid` when it is not exactly one of the two.
 */
export async function deleteTraces(ctx: Ctx, input: DeleteTracesInput): Promise<number> {
  const hasIds = (input.traceIds?.length ?? 0) > 0;
  if (!hasIds && input.maxTimestampMs === undefined) throw invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.");
  if (hasIds && input.maxTimestampMs !== undefined) throw invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.");
  if (hasIds && input.maxTraces !== undefined) throw invalid("`max_traces` can't be specified if `trace_ids` is specified.");
  if (input.maxTraces !== undefined && input.maxTraces <= 0) throw invalid(`\`max_traces\` must be a positive integer, received ${input.maxTraces}.`);
  const experiment = await requireExperimentAccess(ctx, { experimentId: input.experimentId }, "track").catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === "not_found" && error.message === noExperiment(input.experimentId).message) return null;
    throw error;
  });
  if (!experiment) return 0;
  const chosen = `SELECT seq FROM "Trace" WHERE "experimentId" = $1 AND ($2::int8 IS NULL OR "timestampMs" <= $2) AND ($3::text[] IS NULL OR id = ANY($3)) ORDER BY "timestampMs", id LIMIT $4`;
  const values = [experiment.id, input.maxTimestampMs ?? null, hasIds ? input.traceIds : null, input.maxTraces ?? null];
  const withFiles = await ctx.sql.query<{ uri: string }>(
    `SELECT t.tags ->> '${artifactLocation}' AS uri FROM "Trace" t WHERE t.seq IN (${chosen})
     AND EXISTS (SELECT 1 FROM "Artifact" f WHERE f.root = regexp_replace(t.tags ->> '${artifactLocation}', '^mlflow-artifacts:(//[^/]*)?/', ''))`,
    values,
  );
  // While the traces are there: they say who may remove the files.
  for (const { uri } of withFiles.rows) {
    const key = keyOfUri(uri);
    if (key !== null) await deleteByProxyPath(ctx, { proxyPath: key });
  }
  const { rowCount } = await ctx.sql.query(`DELETE FROM "Trace" WHERE seq IN (${chosen})`, values);
  if (rowCount) announce(ctx, `experiment:${experiment.id}`);
  return rowCount ?? 0;
}
