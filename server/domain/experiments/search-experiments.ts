import { can, requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import {
  afterSql,
  type Clause,
  checkMaxResults,
  compare,
  cutPage,
  type Grammar,
  numberComparators,
  type OrderKey,
  orderSql,
  type Position,
  parseFilter,
  parseOrderBy,
  positionSql,
  queryHash,
  readPageToken,
  registryEntities,
  type SortKey,
  SqlValues,
  textAndNullComparators,
  textComparators,
} from "../search";
import { sharedExperimentIds } from "./access";
import { type ExperimentRow, experimentColumns, withTags } from "./rows";
import type { ExperimentPage, ViewType } from "./types";

const time = (column: string) => ({ column, type: "integer" as const, comparators: numberComparators });
const grammar: Grammar = {
  ...registryEntities,
  attributes: {
    name: { column: "e.name", type: "text", comparators: textComparators },
    experiment_id: { column: "e.id::text", type: "text", comparators: ["=", "!=", "IN", "NOT IN"] },
    creation_time: time(`e."creationTimeMs"`),
    last_update_time: time(`e."lastUpdateTimeMs"`),
  },
  comparators: { tag: textAndNullComparators },
  orderEntities: [],
};

const byId = (isAscending: boolean): SortKey => ({ sql: "e.id", type: "int8", isAscending });

export type SearchExperimentsInput = { filter?: string; orderBy?: string[]; viewType?: ViewType; maxResults?: number; pageToken?: string };

/** Experiments in MLflow's filter language; newest first unless `orderBy` says otherwise. @throws DomainError `invalid`. */
export async function searchExperiments(ctx: Ctx, input: SearchExperimentsInput): Promise<ExperimentPage> {
  if (!can(ctx, "view") && ctx.actor.kind !== "share") requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 50_000, preset: 1000 });
  const viewType = input.viewType ?? "ACTIVE_ONLY";
  const keys = toSortKeys(parseOrderBy(input.orderBy, grammar));
  const hash = queryHash("experiments", ctx.workspaceId, input.filter ?? "", input.orderBy ?? [], viewType);
  const position = readPageToken(input.pageToken, hash, keys);

  const values = new SqlValues();
  const where = [`e."workspaceId" = ${values.add(ctx.workspaceId)}`];
  if (ctx.actor.kind === "share") where.push(`e.id = ANY(${values.add(await sharedExperimentIds(ctx), "int[]")})`);
  if (viewType !== "ALL") where.push(`e."lifecycleStage" = ${values.add(viewType === "DELETED_ONLY" ? "deleted" : "active")}`);
  for (const clause of parseFilter(input.filter, grammar)) where.push(toSql(clause, values));
  if (position) where.push(afterSql(keys, position, values));

  const { rows } = await ctx.sql.query<ExperimentRow & { position: Position }>(
    `SELECT ${experimentColumns}, ${positionSql(keys)} AS position FROM "Experiment" e WHERE ${where.join(" AND ")}
     ORDER BY ${orderSql(keys)} LIMIT ${values.add(maxResults + 1)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, hash);
  return { experiments: await withTags(ctx, page.rows), nextPageToken: page.nextPageToken };
}

function toSortKeys(order: OrderKey[]): SortKey[] {
  if (order.length === 0) return [{ sql: `e."creationTimeMs"`, type: "int8", isAscending: false }, byId(true)];
  const keys = order.map(({ key, column = "", isAscending }): SortKey => {
    if (key === "experiment_id") return byId(isAscending);
    return key === "name" ? { sql: `e.name COLLATE "C"`, type: "text", isAscending } : { sql: column, type: "int8", isAscending };
  });
  return keys.some((k) => k.sql === "e.id") ? keys : [...keys, byId(false)];
}

/** The active experiments, newest first. */
export function listExperiments(ctx: Ctx, { limit, pageToken }: { limit?: number; pageToken?: string } = {}): Promise<ExperimentPage> {
  return searchExperiments(ctx, { maxResults: limit ?? 100, pageToken });
}

const tagValue = (key: string, values: SqlValues) =>
  `(SELECT t.value FROM "ExperimentTag" t WHERE t."experimentId" = e.id AND t.key = ${values.add(key)})`;

function toSql(clause: Clause, values: SqlValues): string {
  if (clause.entity === "tag") return compare(tagValue(clause.key, values), clause, values);
  if (clause.key === "experiment_id") {
    for (const id of Array.isArray(clause.value) ? clause.value : [String(clause.value)]) {
      if (!/^\s*[+-]?\d+\s*$/.test(id)) throw invalid(`Invalid experiment ID '${id.slice(0, 60)}'. Experiment ID must be a valid integer.`);
    }
    const plain = (id: string) => (/\d/.test(id) ? BigInt(id.trim().slice(0, 40).replace(/^\+/, "")).toString() : id);
    return compare(clause.column ?? "", { ...clause, value: Array.isArray(clause.value) ? clause.value.map(plain) : plain(String(clause.value)) }, values);
  }
  return compare(clause.column ?? "", clause, values);
}
