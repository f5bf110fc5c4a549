import { type Clause, compare, compareNumber, type Filter, type SqlValues } from "../search";

/*
 * A run filter as SQL on the alias r. Each clause is a scalar subquery by primary key, which PostgreSQL evaluates for the rows it
 * looks at and never turns into a join over everything; so the cost is the rows looked at, whatever the statistics say.
 */

/** Numbers of metric names; -1 stands for a name that was never logged, which no row has. */
export type KeyIds = ReadonlyMap<string, number>;
/** A condition on the run r, written with placeholders; `seq` is where its seq stands, which may be known before the run is fetched. */
export type Condition = (values: SqlValues, seq?: string) => string;

/**
 * NOT is plain negation. A clause on what a run lacks is false, so its NOT is true: `NOT params.a = 'x'` finds the runs without a
 * too, `params.a != 'x'` does not (as in MLflow).
 */
export function filterToSql(filter: Filter, values: SqlValues, keyIds: KeyIds, seq = "r.seq", isNegated = false): string {
  switch (filter.op) {
    case "clause": {
      const sql = clauseToSql(filter.clause, values, keyIds, seq);
      // A NULL counts as false by itself, save below a NOT; and there alone, as an index on a column is not found through coalesce.
      return isNegated ? `coalesce(${sql}, false)` : sql;
    }
    case "not":
      return `NOT ${filterToSql(filter.part, values, keyIds, seq, true)}`;
    default:
      return `(${filter.parts.map((p) => filterToSql(p, values, keyIds, seq, isNegated)).join(filter.op === "and" ? " AND " : " OR ")})`;
  }
}

/** True, false or NULL, which counts as false. */
function clauseToSql(clause: Clause, values: SqlValues, keyIds: KeyIds, seq: string): string {
  switch (clause.entity) {
    case "attribute":
      if (clause.column === "r.name") return keyedToSql({ ...clause, entity: "tag", key: "mlflow.runName" }, values, seq);
      return compare(clause.column ?? "", clause, values);
    case "metric":
      return `(SELECT ${metricComparison(clause, values)} FROM "LatestMetric" m WHERE m."runSeq" = ${seq} AND m."keyId" = ${values.add(keyIds.get(clause.key) ?? -1)})`;
    case "dataset":
      return datasetToSql(clause, values);
    default:
      return keyedToSql(clause, values, seq);
  }
}

/** On the alias m. PostgreSQL holds NaN to be the greatest number; in MLflow it is unequal to every number and matches nothing else. */
export function metricComparison(clause: Pick<Clause, "comparator" | "value">, values: SqlValues): string {
  const compared = compareNumber("m.value", clause, values);
  return clause.comparator === ">" || clause.comparator === ">=" ? `${compared} AND m.value < 'NaN'` : compared;
}

function keyedToSql(clause: Clause, values: SqlValues, seq: string): string {
  const table = clause.entity === "param" ? `"Param"` : `"Tag"`;
  const from = `FROM ${table} p WHERE p."runSeq" = ${seq} AND p.key = ${values.add(clause.key)}`;
  if (clause.comparator === "IS NULL" || clause.comparator === "IS NOT NULL") return `(SELECT true ${from}) ${clause.comparator}`;
  return `(SELECT ${compare("p.value", clause, values)} ${from})`;
}

function datasetToSql(clause: Clause, values: SqlValues): string {
  if (clause.key === "context") {
    return `(SELECT true FROM "Input" i, jsonb_to_recordset(i.tags) t(key text, value text)
      WHERE i."runId" = r.id AND i."datasetId" IS NOT NULL AND t.key = 'mlflow.data.context' AND ${compare("t.value", clause, values)} LIMIT 1)`;
  }
  const column = clause.key === "name" ? "d.name" : "d.digest";
  return `(SELECT true FROM "Input" i JOIN "Dataset" d ON d.id = i."datasetId" WHERE i."runId" = r.id AND ${compare(column, clause, values)} LIMIT 1)`;
}

/** The clauses that must all hold: those of the outermost AND. */
export function conjuncts(filter: Filter | null): Filter[] {
  if (!filter) return [];
  return filter.op === "and" ? filter.parts : [filter];
}
