import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { sharedExperimentIds } from "../experiments";

export type DatasetSummary = { experimentId: number; name: string; digest: string; /** The input tag mlflow.data.context, such as "training". */ context: string | null };

/** The datasets that runs of these experiments read, each with the contexts it was read in; at most 1000. */
export async function searchDatasets(ctx: Ctx, { experimentIds }: { experimentIds: number[] }): Promise<DatasetSummary[]> {
  const isShare = ctx.actor.kind === "share";
  if (!isShare) requireAccess(ctx, "view");
  if (experimentIds.length === 0 || experimentIds.length > 20) throw invalid("SearchDatasets request must specify between 1 and 20 experiment_ids.");
  const shared = await sharedExperimentIds(ctx);
  const { rows } = await ctx.sql.query<DatasetSummary>(
    `SELECT DISTINCT d."experimentId", d.name, d.digest, t.value AS context FROM "Dataset" d JOIN "Experiment" e ON e.id = d."experimentId"
     JOIN "Input" i ON i."datasetId" = d.id LEFT JOIN LATERAL jsonb_to_recordset(i.tags) t(key text, value text) ON t.key = 'mlflow.data.context'
     WHERE d."experimentId" = ANY($1::int[]) AND e."workspaceId" = $2 ORDER BY d."experimentId", d.name, d.digest LIMIT 1000`,
    [experimentIds.filter((id) => id < 2 ** 31 && (!isShare || shared.includes(id))), ctx.workspaceId],
  );
  return rows;
}
