import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import {
  afterSql, type Clause, checkMaxResults, compare, cutPage, type Grammar, numberComparators, type OrderKey, orderSql, type Position, parseFilter, parseOrderBy,
  positionSql, queryHash, readPageToken, registryEntities, type SortKey, SqlValues, textAndListComparators, textComparators,
} from "../search";
import { hydrateModels, hydrateVersions, type ModelRow, modelColumns, type VersionRow, versionColumns } from "./rows";
import type { ModelVersion, RegisteredModel } from "./types";

export type RegistrySearchInput = { filter?: string; orderBy?: string[]; maxResults?: number; pageToken?: string };

const time = (column: string) => ({ column, type: "integer" as const, comparators: numberComparators });
const text = (column: string, comparators: Grammar["attributes"][string]["comparators"] = textComparators) => ({ column, type: "text" as const, comparators });
const modelName = `m.name COLLATE "C"`;

const modelGrammar: Grammar = {
  ...registryEntities,
  attributes: { name: text("m.name", textAndListComparators) },
  orderAttributes: { name: text(modelName), timestamp: time(`m."lastUpdatedTimeMs"`), last_updated_timestamp: time(`m."lastUpdatedTimeMs"`) },
  comparators: { tag: textComparators },
  refusesQuotedAttributes: true,
  orderEntities: [],
};
const versionGrammar: Grammar = {
  ...registryEntities,
  attributes: {
    name: text("m.name", textAndListComparators),
    version_number: { column: "v.version", type: "integer", comparators: numberComparators, mayQuoteNumber: true },
    run_id: text(`coalesce(v."runId", '')`, textAndListComparators),
    source_path: text("v.source"),
  },
  orderAttributes: {
    name: text(modelName),
    version_number: time("v.version"),
    creation_timestamp: time(`v."creationTimeMs"`),
    last_updated_timestamp: time(`v."lastUpdatedTimeMs"`),
  },
  comparators: { tag: textComparators },
  refusesQuotedAttributes: true,
  orderEntities: [],
};

const promptKey = "mlflow.prompt.is_prompt";

/**
 * Prompts are registered models with a tag, and stay out of sight unless the filter asks for them. When it does not, what it says
 * of that tag is dropped with them: clients add "is no prompt" to each search, and mean the models without the tag too.
 */
function splitPrompts(clauses: Clause[]): { clauses: Clause[]; withoutPrompts: boolean } {
  const first = clauses.find((c) => c.entity === "tag" && c.key === promptKey);
  const value = String(first?.value).toLowerCase();
  if ((first?.comparator === "=" && value === "true") || (first?.comparator === "!=" && value === "false")) return { clauses, withoutPrompts: false };
  return { clauses: clauses.filter((c) => c.entity !== "tag" || c.key !== promptKey), withoutPrompts: true };
}

const toSortKey = ({ column = "", isAscending }: OrderKey): SortKey => ({ sql: column, type: column === modelName ? "text" : "int8", isAscending });
/** The keys given, then those of `more` that are not among them. */
const withTies = (keys: SortKey[], ...more: SortKey[]): SortKey[] => [...keys, ...more.filter((m) => !keys.some((k) => k.sql === m.sql))];
const byName: SortKey = { sql: modelName, type: "text", isAscending: true };

/** Registered models in MLflow's filter language, by name unless `orderBy` says otherwise. */
export async function searchRegisteredModels(ctx: Ctx, input: RegistrySearchInput): Promise<{ models: RegisteredModel[]; nextPageToken?: string }> {
  requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 1000, preset: 100 });
  const keys = withTies(parseOrderBy(input.orderBy, modelGrammar).map(toSortKey), byName);
  const hash = queryHash("registered-models", ctx.workspaceId, input.filter ?? "", input.orderBy ?? []);
  const position = readPageToken(input.pageToken, hash, keys);
  const values = new SqlValues();
  const tagOf = (key: string) => `(SELECT t.value FROM "RegisteredModelTag" t WHERE t."modelId" = m.id AND t.key = ${values.add(key)})`;
  const where = [`m."workspaceId" = ${values.add(ctx.workspaceId)}`];
  const { clauses, withoutPrompts } = splitPrompts(parseFilter(input.filter, modelGrammar));
  for (const clause of clauses) where.push(toSql(clause, values, tagOf));
  if (withoutPrompts) where.push(`coalesce(${tagOf(promptKey)}, '') <> 'true'`);
  if (position) where.push(afterSql(keys, position, values));
  const { rows } = await ctx.sql.query<ModelRow & { position: Position }>(
    `SELECT ${modelColumns}, ${positionSql(keys)} AS position FROM "RegisteredModel" m WHERE ${where.join(" AND ")}
     ORDER BY ${orderSql(keys)} LIMIT ${values.add(maxResults + 1)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, hash);
  return { models: await hydrateModels(ctx, page.rows), nextPageToken: page.nextPageToken };
}

/** Model versions, the last changed first unless `orderBy` says otherwise. */
export async function searchModelVersions(ctx: Ctx, input: RegistrySearchInput): Promise<{ versions: ModelVersion[]; nextPageToken?: string }> {
  requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 200_000, preset: 10_000 });
  const order = parseOrderBy(input.orderBy, versionGrammar).map(toSortKey);
  if (order.length === 0) order.push({ sql: `v."lastUpdatedTimeMs"`, type: "int8", isAscending: false });
  const keys = withTies(order, byName, { sql: "v.version", type: "int8", isAscending: false });
  const hash = queryHash("model-versions", ctx.workspaceId, input.filter ?? "", input.orderBy ?? []);
  const position = readPageToken(input.pageToken, hash, keys);
  const values = new SqlValues();
  const tagOf = (key: string) => `(SELECT t.value FROM "ModelVersionTag" t WHERE t."modelId" = v."modelId" AND t.version = v.version AND t.key = ${values.add(key)})`;
  const where = [`m."workspaceId" = ${values.add(ctx.workspaceId)}`, `v."deletedAtMs" IS NULL`];
  const { clauses, withoutPrompts } = splitPrompts(parseFilter(input.filter, versionGrammar));
  for (const clause of clauses) where.push(toSql(clause, values, tagOf));
  // One version that is a prompt makes all of its model's versions prompts.
  if (withoutPrompts) where.push(`v."modelId" NOT IN (SELECT t."modelId" FROM "ModelVersionTag" t WHERE t.key = '${promptKey}' AND t.value = 'true')`);
  if (position) where.push(afterSql(keys, position, values));
  const { rows } = await ctx.sql.query<VersionRow & { position: Position }>(
    `SELECT ${versionColumns}, ${positionSql(keys)} AS position FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId" WHERE ${where.join(" AND ")}
     ORDER BY ${orderSql(keys)} LIMIT ${values.add(maxResults + 1)}`,
    values.list,
  );
  const page = cutPage(rows, maxResults, hash);
  return { versions: await hydrateVersions(ctx, page.rows), nextPageToken: page.nextPageToken };
}

const toSql = (clause: Clause, values: SqlValues, tagOf: (key: string) => string): string =>
  compare(clause.entity === "tag" ? tagOf(clause.key) : (clause.column ?? ""), clause, values);
