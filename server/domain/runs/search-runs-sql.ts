import {
  type Clause,
  compareNumber,
  compareText,
  type Grammar,
  numberComparators,
  type OrderKey,
  type SqlValues,
  textAndListComparators,
  textAndNullComparators,
  textComparators,
} from "../search";

const text = (column: string) => ({ column, type: "text" as const, comparators: textComparators });
const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });

/** What runs can be searched by; MLflow's spellings, those of its older clients included. */
export const runGrammar: Grammar = {
  entities: {
    metrics: "metric", metric: "metric",
    parameters: "param", parameter: "param", params: "param", param: "param",
    tags: "tag", tag: "tag",
    attributes: "attribute", attribute: "attribute", attr: "attribute", run: "attribute",
    datasets: "dataset", dataset: "dataset",
  },
  attributes: {
    run_id: { column: "r.id", type: "text", comparators: textAndListComparators },
    run_name: text("r.name"), "run name": text("r.name"), "Run name": text("r.name"), "Run Name": text("r.name"),
    user_id: text(`r."userId"`),
    status: text("r.status"),
    artifact_uri: text(`r."artifactUri"`),
    start_time: time(`r."startTimeMs"`), created: time(`r."startTimeMs"`), Created: time(`r."startTimeMs"`),
    end_time: time(`r."endTimeMs"`),
  },
  comparators: { metric: numberComparators, param: textAndNullComparators, tag: textAndNullComparators, dataset: textAndListComparators },
};

/** `ids` is the placeholder of the searched experiments, which lets metrics be found by (experiment, key, value). */
export function clauseToSql(clause: Clause, values: SqlValues, ids: string): string {
  switch (clause.entity) {
    case "attribute":
      return typeof clause.value === "number" ? compareNumber(clause.key, clause, values) : compareText(clause.key, clause, values);
    case "metric": {
      // A NaN is unequal to every number and matches nothing else.
      const compared = clause.comparator === "!=" ? compareNumber("m.value", clause, values) : `${compareNumber("m.value", clause, values)} AND m.value < 'NaN'`;
      return `EXISTS (SELECT 1 FROM "LatestMetric" m WHERE m."runSeq" = r.seq AND m."experimentId" = ANY(${ids}) AND m."keyId" = (SELECT id FROM "MetricKey" WHERE name = ${values.add(clause.key)}) AND ${compared})`;
    }
    case "dataset":
      return datasetToSql(clause, values);
    case "param":
    case "tag": {
      const table = clause.entity === "param" ? `"Param"` : `"Tag"`;
      const row = `SELECT 1 FROM ${table} p WHERE p."runSeq" = r.seq AND p.key = ${values.add(clause.key)}`;
      if (clause.comparator === "IS NULL") return `NOT EXISTS (${row})`;
      if (clause.comparator === "IS NOT NULL") return `EXISTS (${row})`;
      return `EXISTS (${row} AND ${compareText("p.value", clause, values)})`;
    }
  }
}

function datasetToSql(clause: Clause, values: SqlValues): string {
  if (clause.key === "context") {
    return `EXISTS (SELECT 1 FROM "Input" i, jsonb_to_recordset(i.tags) t(key text, value text)
      WHERE i."runId" = r.id AND i."datasetId" IS NOT NULL AND t.key = 'mlflow.data.context' AND ${compareText("t.value", clause, values)})`;
  }
  const column = clause.key === "name" ? "d.name" : "d.digest";
  return `EXISTS (SELECT 1 FROM "Input" i JOIN "Dataset" d ON d.id = i."datasetId" WHERE i."runId" = r.id AND ${compareText(column, clause, values)})`;
}

/** Real values first, then NaN, then missing, in both directions; then newest, then id. */
export function toOrder(keys: OrderKey[], values: SqlValues): { joins: string[]; order: string[] } {
  const joins: string[] = [];
  const order: string[] = [];
  for (const [i, k] of keys.entries()) {
    const direction = k.isAscending ? "ASC" : "DESC";
    const alias = `o${i}`;
    if (k.entity === "attribute") {
      order.push(`${k.key}${k.key.endsWith('Ms"') ? "" : ' COLLATE "C"'} ${direction} NULLS LAST`);
      continue;
    }
    const table = k.entity === "metric" ? `"LatestMetric"` : k.entity === "param" ? `"Param"` : `"Tag"`;
    const named = k.entity === "metric" ? `${alias}."keyId" = (SELECT id FROM "MetricKey" WHERE name = ${values.add(k.key)})` : `${alias}.key = ${values.add(k.key)}`;
    joins.push(`LEFT JOIN ${table} ${alias} ON ${alias}."runSeq" = r.seq AND ${named}`);
    if (k.entity === "metric") order.push(`CASE WHEN ${alias}."runSeq" IS NULL THEN 2 WHEN ${alias}.value = 'NaN' THEN 1 ELSE 0 END`, `${alias}.value ${direction}`);
    else order.push(`${alias}.value COLLATE "C" ${direction} NULLS LAST`);
  }
  order.push(`r."startTimeMs" DESC`, "r.id ASC");
  return { joins, order };
}
