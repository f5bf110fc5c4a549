import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { sharedExperimentIds } from "../experiments";
import { afterSql, checkMaxResults, cutPage, orderSql, type Position, positionSql, queryHash, readPageToken, type SortKey, SqlValues } from "../search";
import { sourceRun } from "./check";
import { parseTraceFilter, parseTraceOrder, type Target } from "./filter";
import { filterSql, numberSql, textOf, textSql } from "./filter-sql";
import { type TraceRow, traceColumns, withAssessments } from "./rows";
import type { TraceInfo } from "./types";

export type SearchTracesInput = { experimentIds: number[]; filter?: string; orderBy?: string[]; maxResults?: number; pageToken?: string };
export type TracePage = { traces: TraceInfo[]; nextPageToken?: string };

const maxOrderKeys = 32;
/** What the database says of a regular expression that is none, and of one that took too long. */
const filterFaults: Record<string, string> = { "2201B": "Invalid regular expression after RLIKE.", "57014": "The search took too long. Narrow it down by time or by experiment." };

/**
 * Traces of these experiments in MLflow's filter language, newest first unless `orderBy` says otherwise, missing values last. Pages
 * stay right while traces are added.
 *
 * @throws DomainError `invalid` for the filter, the order, the page token.
 */
export async function searchTraces(ctx: Ctx, input: SearchTracesInput): Promise<TracePage> {
  const isShare = ctx.actor.kind === "share";
  if (!isShare) requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 500, preset: 100 });
  const shared = await sharedExperimentIds(ctx);
  const ids = [...new Set(input.experimentIds)].filter((id) => id < 2 ** 31 && (!isShare || shared.includes(id)));

  const values = new SqlValues();
  const experiments = values.add(ids, "int[]");
  const where = [`t."workspaceId" = ${values.add(ctx.workspaceId)}`, ids.length === 1 ? `t."experimentId" = (${experiments})[1]` : `t."experimentId" = ANY(${experiments})`];
  where.push(...filterSql(parseTraceFilter(input.filter), values, experiments));
  const keys = sortKeys(input.orderBy ?? [], values);
  const hash = queryHash("traces", ids, input.filter ?? "", input.orderBy ?? []);
  const position = readPageToken(input.pageToken, hash, keys);
  if (position) where.push(afterSql(keys, position, values));
  if (ids.length === 0) return { traces: [] };

  const { rows } = await ctx.sql
    .query<TraceRow & { position: Position }>(
      `SELECT ${traceColumns}, ${positionSql(keys)} AS position FROM "Trace" t WHERE ${where.join(" AND ")} ORDER BY ${orderSql(keys)} LIMIT ${values.add(maxResults + 1)}`,
      values.list,
    )
    .catch((error: { code?: string }) => {
      const fault = filterFaults[error.code ?? ""];
      throw fault ? invalid(fault) : error;
    });
  const page = cutPage(rows, maxResults, hash);
  return { traces: await withAssessments(ctx, page.rows as TraceRow[]), nextPageToken: page.nextPageToken };
}

function sortKeys(orderBy: string[], values: SqlValues): SortKey[] {
  if (orderBy.length > maxOrderKeys) throw invalid(`Invalid order_by: more than ${maxOrderKeys} fields.`);
  const asked = orderBy.map(parseTraceOrder);
  const names = asked.map(({ target }) => JSON.stringify(target));
  if (new Set(names).size < names.length) throw invalid(`\`order_by\` contains duplicate fields: ['${orderBy.join("', '").slice(0, 300)}']`);
  const keys = asked.map(({ target, isAscending }): SortKey => ({ ...sortKey(target, values), isAscending }));
  const has = (sql: string) => keys.some((k) => k.sql === sql);
  if (!has(numberSql.timestampMs)) keys.push({ sql: numberSql.timestampMs, type: "int8", isAscending: false });
  if (!has(textSql.id)) keys.push({ sql: textSql.id, type: "text", isAscending: true });
  return keys;
}

function sortKey(target: Target, values: SqlValues): Omit<SortKey, "isAscending"> {
  switch (target.kind) {
    case "number":
      return { sql: numberSql[target.column], type: "int8", isNullable: target.column === "executionMs" };
    case "text":
      return { sql: textSql[target.column], type: "text", isNullable: target.column !== "id" && target.column !== "state" };
    case "tag":
    case "metadata":
      return { sql: textOf(target, values), type: "text", isNullable: true };
    case "run":
      return { sql: textOf({ kind: "metadata", key: sourceRun }, values), type: "text", isNullable: true };
    case "experiment":
      return { sql: `t."experimentId"::int8`, type: "int8" };
    default:
      throw invalid(`Invalid identifier type '${target.kind}'`);
  }
}
