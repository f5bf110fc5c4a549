import type { Ctx } from "@/server/ctx";
import { requireRunAccess } from "./access";
import { type RunRow, runColumns } from "./rows";
import { type RunSummary, toRunRecord } from "./types";

const maxRuns = 500;

/** The runs below a run, at any depth, flat, oldest first; at most 500. Deleted ones are left out. */
export async function listRunChildren(ctx: Ctx, { runId }: { runId: string }): Promise<RunSummary[]> {
  const root = await requireRunAccess(ctx, { runId }, "view");
  const { rows } = await ctx.sql.query<RunRow & { entryPoint: string | null }>(
    `WITH RECURSIVE down AS (
       SELECT r.id FROM "Run" r WHERE r."parentRunId" = $1
       UNION SELECT r.id FROM "Run" r JOIN down ON r."parentRunId" = down.id
     )
     SELECT ${runColumns}, t.value AS "entryPoint" FROM down JOIN "Run" r ON r.id = down.id JOIN "Experiment" e ON e.id = r."experimentId"
     LEFT JOIN "Tag" t ON t."runSeq" = r.seq AND t.key = 'mlflow.project.entryPoint'
     WHERE r.id <> $1 AND r."lifecycleStage" = 'active' AND e."workspaceId" = $2 ORDER BY r."startTimeMs", r.id LIMIT ${maxRuns}`,
    [runId, root.workspaceId],
  );
  return rows.map((r) => ({ ...toRunRecord(r), entryPoint: r.entryPoint }));
}
