import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { sharedExperimentIds, type ViewType } from "../experiments";
import { checkMaxResults, cutPage, parseFilter, parseOrderBy, readPageToken, SqlValues } from "../search";
import { hydrateRuns } from "./hydrate";
import { type RunRow, runColumns } from "./rows";
import { type RunAsJson, runsAsJson } from "./run-json";
import { clauseToSql, runGrammar, toOrder } from "./search-runs-sql";
import { type ExactRun, type RunDetail, toRunDetail } from "./types";

export type SearchRunsInput = { experimentIds: number[]; filter?: string; orderBy?: string[]; viewType?: ViewType; maxResults?: number; pageToken?: string };

/** Runs of these experiments in MLflow's filter language; unknown experiments have none. @throws DomainError `invalid`. */
export async function searchRuns(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: RunDetail[]; nextPageToken?: string }> {
  const { runs, nextPageToken } = await searchExactRuns(ctx, input);
  return { runs: runs.map(toRunDetail), nextPageToken };
}

export async function searchExactRuns(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: ExactRun[]; nextPageToken?: string }> {
  const { rows, nextPageToken } = await findRuns(ctx, input);
  return { runs: await hydrateRuns(ctx, rows), nextPageToken };
}

/** The same with each run's data as ready-made JSON (run-json.ts): what MLflow clients ask for by the thousand. */
export async function searchRunsAsJson(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: RunAsJson[]; nextPageToken?: string }> {
  const { rows, nextPageToken } = await findRuns(ctx, input);
  return { runs: await runsAsJson(ctx, rows), nextPageToken };
}

async function findRuns(ctx: Ctx, input: SearchRunsInput): Promise<{ rows: RunRow[]; nextPageToken?: string }> {
  if (ctx.actor.kind !== "share") requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 50_000, preset: 1000 });
  const offset = readPageToken(input.pageToken);
  const clauses = parseFilter(input.filter, runGrammar);
  const keys = parseOrderBy(input.orderBy, runGrammar);
  const shared = ctx.actor.kind === "share" ? await sharedExperimentIds(ctx) : null;
  const { rows: experiments } = await ctx.sql.query<{ id: number }>(`SELECT id FROM "Experiment" WHERE id = ANY($1::int[]) AND "workspaceId" = $2`, [
    [...new Set(input.experimentIds)].filter((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31 && (!shared || shared.includes(id))),
    ctx.workspaceId,
  ]);
  if (experiments.length === 0) return { rows: [] };

  const values = new SqlValues();
  const ids = values.add(
    experiments.map((e) => e.id),
    "int[]",
  );
  const where = [`r."experimentId" = ANY(${ids})`];
  if (input.viewType !== "ALL") where.push(`r."lifecycleStage" = ${values.add(input.viewType === "DELETED_ONLY" ? "deleted" : "active")}`);
  for (const clause of clauses) where.push(clauseToSql(clause, values, ids));
  const { joins, order } = toOrder(keys, values);

  const { rows } = await ctx.sql.query<RunRow>(
    `SELECT ${runColumns} FROM "Run" r ${joins.join(" ")} WHERE ${where.join(" AND ")} ORDER BY ${order.join(", ")}
     LIMIT ${values.add(maxResults + 1)} OFFSET ${values.add(offset)}`,
    values.list,
  );
  return cutPage(rows, maxResults, offset);
}
