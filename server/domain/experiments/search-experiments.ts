import { can, requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import {
  type Clause,
  checkMaxResults,
  compareNumber,
  compareText,
  cutPage,
  type Grammar,
  numberComparators,
  parseFilter,
  parseOrderBy,
  readPageToken,
  SqlValues,
  textAndListComparators,
  textAndNullComparators,
} from "../search";
import { sharedExperimentIds } from "./access";
import { type ExperimentRow, experimentColumns, withTags } from "./rows";
import type { ExperimentPage, ViewType } from "./types";

const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });
const grammar: Grammar = {
  entities: { attribute: "attribute", attributes: "attribute", attr: "attribute", tag: "tag", tags: "tag" },
  attributes: {
    name: { column: `e.name`, type: "text", comparators: textAndListComparators },
    experiment_id: { column: `e.id::text`, type: "text", comparators: ["=", "!=", "IN", "NOT IN"] },
    creation_time: time(`e."creationTimeMs"`),
    last_update_time: time(`e."lastUpdateTimeMs"`),
  },
  comparators: { tag: textAndNullComparators },
};

export type SearchExperimentsInput = { filter?: string; orderBy?: string[]; viewType?: ViewType; maxResults?: number; pageToken?: string };

/** Experiments in MLflow's filter language; newest first unless `orderBy` says otherwise. @throws DomainError `invalid`. */
export async function searchExperiments(ctx: Ctx, input: SearchExperimentsInput): Promise<ExperimentPage> {
  if (!can(ctx, "view") && ctx.actor.kind !== "share") requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 50_000, preset: 1000 });
  const offset = readPageToken(input.pageToken);
  const values = new SqlValues();
  const where = [`e."workspaceId" = ${values.add(ctx.workspaceId)}`];
  if (ctx.actor.kind === "share") where.push(`e.id = ANY(${values.add(await sharedExperimentIds(ctx), "int[]")})`);
  if (input.viewType !== "ALL") where.push(`e."lifecycleStage" = ${values.add(input.viewType === "DELETED_ONLY" ? "deleted" : "active")}`);
  for (const clause of parseFilter(input.filter, grammar)) where.push(toSql(clause, values));

  const keys = parseOrderBy(input.orderBy, grammar);
  const order = keys.map((k) => {
    const column = k.entity === "attribute" ? (k.key === "e.id::text" ? "e.id" : k.key) : tagValue(k.key, values);
    return `${column} ${k.isAscending ? "ASC" : "DESC"} NULLS LAST`;
  });
  if (keys.length === 0) order.push(`e."creationTimeMs" DESC`, "e.id ASC");
  else order.push("e.id DESC");

  const { rows } = await ctx.sql.query<ExperimentRow>(
    `SELECT ${experimentColumns} FROM "Experiment" e WHERE ${where.join(" AND ")} ORDER BY ${order.join(", ")}
     LIMIT ${values.add(maxResults + 1)} OFFSET ${values.add(offset)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, offset);
  return { experiments: await withTags(ctx, page.rows), nextPageToken: page.nextPageToken };
}

/** The active experiments, newest first. */
export function listExperiments(ctx: Ctx, { limit, pageToken }: { limit?: number; pageToken?: string } = {}): Promise<ExperimentPage> {
  return searchExperiments(ctx, { maxResults: limit ?? 100, pageToken });
}

const tagValue = (key: string, values: SqlValues) =>
  `(SELECT t.value FROM "ExperimentTag" t WHERE t."experimentId" = e.id AND t.key = ${values.add(key)})`;

function toSql(clause: Clause, values: SqlValues): string {
  if (clause.entity === "tag") return compareText(tagValue(clause.key, values), clause, values);
  return typeof clause.value === "number" ? compareNumber(clause.key, clause, values) : compareText(clause.key, clause, values);
}
