import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import {
  type Clause, checkMaxResults, compareNumber, compareText, cutPage, type Grammar, numberComparators, parseFilter, parseOrderBy, readPageToken, SqlValues,
  textAndListComparators, textComparators,
} from "../search";
import { hydrateModels, hydrateVersions, type ModelRow, modelColumns, type VersionRow, versionColumns } from "./rows";
import type { ModelVersion, RegisteredModel } from "./types";

export type RegistrySearchInput = { filter?: string; orderBy?: string[]; maxResults?: number; pageToken?: string };

const entities: Grammar["entities"] = { attribute: "attribute", attributes: "attribute", attr: "attribute", tag: "tag", tags: "tag" };
const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });
const text = (column: string, comparators: Grammar["attributes"][string]["comparators"] = textComparators) => ({ column, type: "text" as const, comparators });

const modelGrammar: Grammar = { entities, attributes: { name: text("m.name", textAndListComparators) }, comparators: { tag: textComparators } };
const modelOrder: Grammar = {
  entities,
  attributes: { name: text(`m.name COLLATE "C"`), timestamp: time(`m."lastUpdatedTimeMs"`), last_updated_timestamp: time(`m."lastUpdatedTimeMs"`) },
  comparators: {},
};
const versionGrammar: Grammar = {
  entities,
  attributes: {
    name: text("m.name", textAndListComparators),
    version_number: { column: "v.version", type: "number", comparators: numberComparators, mayQuoteNumber: true },
    run_id: text(`coalesce(v."runId", '')`, textAndListComparators),
    source_path: text("v.source"),
  },
  comparators: { tag: textComparators },
};
const versionOrder: Grammar = {
  entities,
  attributes: {
    name: text(`m.name COLLATE "C"`),
    version_number: time("v.version"),
    creation_timestamp: time(`v."creationTimeMs"`),
    last_updated_timestamp: time(`v."lastUpdatedTimeMs"`),
  },
  comparators: {},
};

/** Prompts are registered models with a tag, and stay out of sight unless the filter asks for them. */
const asksForPrompts = (clauses: Clause[]) => clauses.some((c) => c.entity === "tag" && c.key === "mlflow.prompt.is_prompt" && c.comparator === "=" && c.value === "true");

/** Registered models in MLflow's filter language, by name unless `orderBy` says otherwise. */
export async function searchRegisteredModels(ctx: Ctx, input: RegistrySearchInput): Promise<{ models: RegisteredModel[]; nextPageToken?: string }> {
  requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 1000, preset: 100 });
  const offset = readPageToken(input.pageToken);
  const values = new SqlValues();
  const tagOf = (key: string) => `(SELECT t.value FROM "RegisteredModelTag" t WHERE t."modelId" = m.id AND t.key = ${values.add(key)})`;
  const where = [`m."workspaceId" = ${values.add(ctx.workspaceId)}`];
  const clauses = parseFilter(input.filter, modelGrammar);
  for (const clause of clauses) where.push(toSql(clause, values, tagOf));
  if (!asksForPrompts(clauses)) where.push(`coalesce(${tagOf("mlflow.prompt.is_prompt")}, '') <> 'true'`);
  const order = parseOrderBy(input.orderBy, modelOrder).map((k) => `${k.key} ${k.isAscending ? "ASC" : "DESC"}`);
  const { rows } = await ctx.sql.query<ModelRow>(
    `SELECT ${modelColumns} FROM "RegisteredModel" m WHERE ${where.join(" AND ")} ORDER BY ${[...order, 'm.name COLLATE "C"'].join(", ")}
     LIMIT ${values.add(maxResults + 1)} OFFSET ${values.add(offset)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, offset);
  return { models: await hydrateModels(ctx, page.rows), nextPageToken: page.nextPageToken };
}

/** Model versions, the last changed first unless `orderBy` says otherwise. */
export async function searchModelVersions(ctx: Ctx, input: RegistrySearchInput): Promise<{ versions: ModelVersion[]; nextPageToken?: string }> {
  requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 200_000, preset: 10_000 });
  const offset = readPageToken(input.pageToken);
  const values = new SqlValues();
  const tagOf = (key: string) => `(SELECT t.value FROM "ModelVersionTag" t WHERE t."modelId" = v."modelId" AND t.version = v.version AND t.key = ${values.add(key)})`;
  const where = [`m."workspaceId" = ${values.add(ctx.workspaceId)}`, `v."deletedAtMs" IS NULL`];
  const clauses = parseFilter(input.filter, versionGrammar);
  for (const clause of clauses) where.push(toSql(clause, values, tagOf));
  if (!asksForPrompts(clauses)) where.push(`coalesce(${tagOf("mlflow.prompt.is_prompt")}, '') <> 'true'`);
  const order = parseOrderBy(input.orderBy, versionOrder).map((k) => `${k.key} ${k.isAscending ? "ASC" : "DESC"}`);
  if (order.length === 0) order.push(`v."lastUpdatedTimeMs" DESC`);
  const { rows } = await ctx.sql.query<VersionRow>(
    `SELECT ${versionColumns} FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId" WHERE ${where.join(" AND ")}
     ORDER BY ${[...order, 'm.name COLLATE "C" ASC', "v.version DESC"].join(", ")} LIMIT ${values.add(maxResults + 1)} OFFSET ${values.add(offset)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, offset);
  return { versions: await hydrateVersions(ctx, page.rows), nextPageToken: page.nextPageToken };
}

function toSql(clause: Clause, values: SqlValues, tagOf: (key: string) => string): string {
  // Clients add "is no prompt" to each search, and mean the models without the tag too.
  if (clause.entity === "tag") return compareText(clause.key === "mlflow.prompt.is_prompt" ? `coalesce(${tagOf(clause.key)}, 'false')` : tagOf(clause.key), clause, values);
  return typeof clause.value === "number" ? compareNumber(clause.key, clause, values) : compareText(clause.key, clause, values);
}
