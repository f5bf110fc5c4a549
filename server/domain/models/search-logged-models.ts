import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { sharedExperimentIds } from "../experiments";
import {
  type Clause, checkMaxResults, compareNumber, compareText, cutPage, type Grammar, numberComparators, parseFilter, parseOrderBy, readPageToken, SqlValues,
  textAndListComparators, textAndNullComparators,
} from "../search";
import { findLoggedModels } from "./logged-model-rows";
import type { LoggedModel } from "./types";

const text = (column: string) => ({ column, type: "text" as const, comparators: textAndListComparators });
const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });
const grammar: Grammar = {
  entities: { metrics: "metric", metric: "metric", params: "param", param: "param", tags: "tag", tag: "tag", attributes: "attribute", attribute: "attribute", attr: "attribute" },
  attributes: {
    name: text("m.name"), model_id: text("m.id"), model_type: text(`m."modelType"`), status: text("m.status"), source_run_id: text(`m."sourceRunId"`),
    creation_timestamp: time(`m."creationTimeMs"`), creation_time: time(`m."creationTimeMs"`), last_updated_timestamp: time(`m."lastUpdatedTimeMs"`),
  },
  comparators: { metric: numberComparators, param: textAndNullComparators, tag: textAndNullComparators },
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
  const maxResults = checkMaxResults(input.maxResults, { max: 1000, preset: 50 });
  const offset = readPageToken(input.pageToken);
  if ((input.orderBy?.length ?? 0) > 32 || (input.datasets?.length ?? 0) > 100) throw invalid("Too many order_by fields or datasets.");
  const shared = await sharedExperimentIds(ctx);
  const ids = input.experimentIds.filter((id) => id < 2 ** 31 && (!isShare || shared.includes(id)));

  const values = new SqlValues();
  const where = [`m."deletedAtMs" IS NULL`, `m."experimentId" = ANY(${values.add(ids, "int[]")})`, `e."workspaceId" = ${values.add(ctx.workspaceId)}`];
  for (const clause of parseFilter(input.filter, grammar)) where.push(toSql(clause, values, input.datasets));
  const order = (input.orderBy ?? []).map(({ fieldName, isAscending, dataset }) => {
    const [key] = parseOrderBy([fieldName], grammar);
    if (!key) throw invalid("Invalid order_by clause.");
    const direction = `${isAscending === false ? "DESC" : "ASC"} NULLS LAST`;
    if (key.entity === "attribute") return `${key.key} ${direction}`;
    if (key.entity !== "metric") throw invalid(`Invalid order by field name: ${fieldName.slice(0, 100)}`);
    const only = dataset ? datasetSql([dataset], values) : "";
    return `(SELECT x.value FROM "LoggedModelMetric" x WHERE x."modelId" = m.id AND x.key = ${values.add(key.key)} AND NOT x."isNan" ${only} ORDER BY x.step DESC, x."timestampMs" DESC LIMIT 1) ${direction}`;
  });
  if (order.length === 0) order.push(`m."creationTimeMs" DESC`);
  const { rows } = await ctx.sql.query<{ id: string }>(
    `SELECT m.id FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId" WHERE ${where.join(" AND ")}
     ORDER BY ${[...order, "m.id ASC"].join(", ")} LIMIT ${values.add(maxResults + 1)} OFFSET ${values.add(offset)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, offset);
  return { models: await findLoggedModels(ctx, page.rows.map((r) => r.id)), nextPageToken: page.nextPageToken };
}

const datasetSql = (datasets: DatasetFilter[], values: SqlValues): string =>
  `AND (${datasets.map((d) => `(x."datasetName" = ${values.add(d.name)}${d.digest ? ` AND x."datasetDigest" = ${values.add(d.digest)}` : ""})`).join(" OR ")})`;

function toSql(clause: Clause, values: SqlValues, datasets: DatasetFilter[] = []): string {
  if (clause.entity === "attribute") return typeof clause.value === "number" ? compareNumber(clause.key, clause, values) : compareText(clause.key, clause, values);
  if (clause.entity === "metric") {
    const only = datasets.length > 0 ? datasetSql(datasets, values) : "";
    return `EXISTS (SELECT 1 FROM "LoggedModelMetric" x WHERE x."modelId" = m.id AND x.key = ${values.add(clause.key)} AND ${compareNumber("x.value", clause, values)} AND NOT x."isNan" ${only})`;
  }
  const table = clause.entity === "param" ? `"LoggedModelParam"` : `"LoggedModelTag"`;
  return compareText(`(SELECT p.value FROM ${table} p WHERE p."modelId" = m.id AND p.key = ${values.add(clause.key)})`, clause, values);
}
