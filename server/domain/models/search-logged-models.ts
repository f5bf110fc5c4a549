import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { sharedExperimentIds } from "../experiments";
import {
  afterSql, type Clause, checkMaxResults, compare, compareNumber, cutPage, type Grammar, numberComparators, orderSql, type Position, parseFilter, parseOrderBy,
  positionSql, queryHash, readPageToken, type SortKey, SqlValues, textAndListComparators,
} from "../search";
import { findLoggedModels } from "./logged-model-rows";
import type { LoggedModel } from "./types";

const text = (column: string) => ({ column, type: "text" as const, comparators: textAndListComparators });
const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });
const created = time(`m."creationTimeMs"`);
const updated = time(`m."lastUpdatedTimeMs"`);
const grammar: Grammar = {
  entities: { metrics: "metric", params: "param", tags: "tag", attributes: "attribute" },
  badEntity: (name) => `Invalid entity type: '${name}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
  attributes: {
    name: text("m.name"), model_id: text("m.id"), model_type: text(`m."modelType"`), status: text("m.status"), source_run_id: text(`m."sourceRunId"`),
    status_message: text(`m."statusMessage"`), artifact_location: text(`m."artifactUri"`), experiment_id: text(`m."experimentId"::text`),
    creation_timestamp: created, creation_time: created, creation_timestamp_ms: created, last_updated_timestamp: updated, last_updated_timestamp_ms: updated,
  },
  comparators: { metric: numberComparators, param: textAndListComparators, tag: textAndListComparators },
  hasBareText: true,
  orderEntities: ["metric"],
};

export type DatasetFilter = { name: string; digest?: string };
export type SearchLoggedModelsInput = {
  experimentIds: number[];
  filter?: string;
  datasets?: DatasetFilter[];
  orderBy?: { fieldName: string; isAscending?: boolean; dataset?: DatasetFilter }[];
  maxResults?: number;
  pageToken?: string;
};

/** Logged models of these experiments, newest first unless `orderBy` says otherwise; missing values come last. */
export async function searchLoggedModels(ctx: Ctx, input: SearchLoggedModelsInput): Promise<{ models: LoggedModel[]; nextPageToken?: string }> {
  const isShare = ctx.actor.kind === "share";
  if (!isShare) requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 50_000, preset: 50 });
  if ((input.orderBy?.length ?? 0) > 32 || (input.datasets?.length ?? 0) > 100) throw invalid("Too many order_by fields or datasets.");
  const shared = await sharedExperimentIds(ctx);
  const ids = input.experimentIds.filter((id) => id < 2 ** 31 && (!isShare || shared.includes(id)));

  const values = new SqlValues();
  const keys = toSortKeys(input.orderBy ?? [], values);
  const hash = queryHash("logged-models", ctx.workspaceId, [...new Set(ids)].sort(), input.filter ?? "", input.datasets ?? [], input.orderBy ?? []);
  const position = readPageToken(input.pageToken, hash, keys);
  const where = [`m."deletedAtMs" IS NULL`, `m."experimentId" = ANY(${values.add(ids, "int[]")})`, `e."workspaceId" = ${values.add(ctx.workspaceId)}`];
  const clauses = parseFilter(input.filter, grammar);
  for (const clause of clauses) where.push(toSql(clause, values, input.datasets));
  // Datasets narrow the metrics that the filter speaks of; without such, the models to those measured on one of them.
  if (input.datasets && input.datasets.length > 0 && !clauses.some((c) => c.entity === "metric")) {
    where.push(`EXISTS (SELECT 1 FROM "LoggedModelMetric" x WHERE x."modelId" = m.id ${datasetSql(input.datasets, values)})`);
  }
  if (position) where.push(afterSql(keys, position, values));
  const { rows } = await ctx.sql.query<{ id: string; position: Position }>(
    `SELECT m.id, ${positionSql(keys)} AS position FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId" WHERE ${where.join(" AND ")}
     ORDER BY ${orderSql(keys)} LIMIT ${values.add(maxResults + 1)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, hash);
  return { models: await findLoggedModels(ctx, page.rows.map((r) => r.id)), nextPageToken: page.nextPageToken };
}

/** Missing values last, then the newest, then by id. A metric's value is the last by (timestamp, step), of the dataset if one is named. */
function toSortKeys(orderBy: NonNullable<SearchLoggedModelsInput["orderBy"]>, values: SqlValues): SortKey[] {
  const keys = orderBy.map(({ fieldName, isAscending = true, dataset }): SortKey => {
    const [key] = parseOrderBy([fieldName], grammar);
    if (!key) throw invalid("Invalid order_by clause.");
    if (key.entity === "attribute") {
      const isTime = grammar.attributes[key.key]?.type === "number";
      return isTime ? { sql: key.column ?? "", type: "int8", isAscending } : { sql: `${key.column} COLLATE "C"`, type: "text", isAscending, isNullable: true };
    }
    const only = dataset ? datasetSql([dataset], values) : "";
    return {
      sql: `(SELECT CASE WHEN x."isNan" THEN 'NaN' ELSE x.value END FROM "LoggedModelMetric" x WHERE x."modelId" = m.id AND x.key = ${values.add(key.key)} ${only}
        ORDER BY x."timestampMs" DESC, x.step DESC, x."runId", x."datasetName", x."datasetDigest", x.value LIMIT 1)`,
      type: "float8", isAscending, isNullable: true,
    };
  });
  const ties: SortKey[] = [{ sql: `m."creationTimeMs"`, type: "int8", isAscending: false }, { sql: `m.id COLLATE "C"`, type: "text", isAscending: true }];
  return [...keys, ...ties.filter((t) => !keys.some((k) => k.sql === t.sql))];
}

const datasetSql = (datasets: DatasetFilter[], values: SqlValues): string =>
  `AND (${datasets.map((d) => `(${[...(d.name ? [`x."datasetName" = ${values.add(d.name)}`] : []), ...(d.digest ? [`x."datasetDigest" = ${values.add(d.digest)}`] : [])].join(" AND ")})`).join(" OR ")})`;

function toSql(clause: Clause, values: SqlValues, datasets: DatasetFilter[] = []): string {
  if (clause.entity === "attribute") return compare(clause.column ?? "", clause, values);
  if (clause.entity === "metric") {
    const only = datasets.length > 0 ? datasetSql(datasets, values) : "";
    // A NaN is unequal to every number and matches nothing else.
    const compared = clause.comparator === "!=" ? `(${compareNumber("x.value", clause, values)} OR x."isNan")` : `${compareNumber("x.value", clause, values)} AND NOT x."isNan"`;
    return `EXISTS (SELECT 1 FROM "LoggedModelMetric" x WHERE x."modelId" = m.id AND x.key = ${values.add(clause.key)} AND ${compared} ${only})`;
  }
  const table = clause.entity === "param" ? `"LoggedModelParam"` : `"LoggedModelTag"`;
  return compare(`(SELECT p.value FROM ${table} p WHERE p."modelId" = m.id AND p.key = ${values.add(clause.key)})`, clause, values);
}
