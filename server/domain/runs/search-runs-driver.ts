import type { Clause, Filter, SqlValues } from "../search";
import { conjuncts, type KeyIds, metricComparison } from "./search-runs-filter";

/*
 * A filter that few runs pass is answered from an index on what it says, not by walking the order. Whether few pass is found by
 * counting, up to a bound.
 */

/** A way into a filter. */
export type Driver = {
  /** SELECT of the "runSeq" that may pass, by an index; `ids` is the placeholder of the experiments. More than pass is fine, less is not. */
  sql: (values: SqlValues, ids: string) => string;
  /** An equality, which often leaves few. */
  isLikelyFew: boolean;
  /** The parts of the outermost AND that hold for all that it gives. */
  covers: readonly Filter[];
};

const maxProbes = 8;

/** The ways into a filter: one for each part of its outermost AND that has an index. */
export function driversOf(filter: Filter | null, keyIds: KeyIds): Driver[] {
  const parts = conjuncts(filter);
  // All bounds of one metric make one range, asked once.
  const ranges = new Map<string, { part: Filter; clause: Clause }[]>();
  const drivers: Driver[] = [];
  for (const part of parts) {
    if (part.op === "clause" && part.clause.entity === "metric") {
      ranges.set(part.clause.key, [...(ranges.get(part.clause.key) ?? []), { part, clause: part.clause }]);
      continue;
    }
    const driver = driverOf(part, keyIds);
    if (driver) drivers.push({ ...driver, covers: part.op === "clause" ? [part] : [] });
  }
  for (const [key, bounds] of ranges) {
    if (bounds.every((b) => b.clause.comparator === "!=")) continue;
    drivers.push({ ...metricDriver(key, bounds.map((b) => b.clause), keyIds), covers: bounds.map((b) => b.part) });
  }
  return drivers.slice(0, maxProbes);
}

function driverOf(filter: Filter, keyIds: KeyIds): Driver | undefined {
  if (filter.op === "not") return undefined;
  if (filter.op === "clause") return clauseDriver(filter.clause, keyIds);
  if (filter.op === "and") return filter.parts.map((p) => driverOf(p, keyIds)).find((d) => d !== undefined);
  const drivers = filter.parts.map((p) => driverOf(p, keyIds));
  if (!drivers.every((d) => d !== undefined)) return undefined;
  return { sql: (values, ids) => drivers.map((d) => `(${d.sql(values, ids)})`).join(" UNION ALL "), isLikelyFew: drivers.every((d) => d.isLikelyFew), covers: [] };
}

function clauseDriver(clause: Clause, keyIds: KeyIds): Driver | undefined {
  const { entity, key, column, comparator, value } = clause;
  if (entity === "metric") return comparator === "!=" ? undefined : metricDriver(key, [clause], keyIds);
  if (entity === "param" && comparator === "=") return keyed(`"Param"`, key, value);
  if (entity === "tag" && comparator === "=") return keyed(`"Tag"`, key, value);
  if (entity !== "attribute") return undefined;
  if (column === "r.name" && comparator === "=") return keyed(`"Tag"`, "mlflow.runName", value);
  if (column === "r.id" && (comparator === "=" || comparator === "IN")) {
    return {
      sql: (values, ids) => `SELECT b.seq AS "runSeq" FROM "Run" b WHERE b.id = ANY(${values.add(Array.isArray(value) ? value : [value], "text[]")}) AND b."experimentId" = ANY(${ids})`,
      isLikelyFew: true,
      covers: [],
    };
  }
  return undefined;
}

const keyed = (table: string, key: string, value: Clause["value"]): Driver => ({
  sql: (values, ids) => {
    const given = values.add(value, "text");
    return `SELECT p."runSeq" FROM ${table} p WHERE p."experimentId" = ANY(${ids}) AND p.key = ${values.add(key)} AND left(p.value, 128) = left(${given}, 128) AND p.value = ${given}`;
  },
  isLikelyFew: true,
  covers: [],
});

const metricDriver = (key: string, clauses: Clause[], keyIds: KeyIds): Driver => ({
  sql: (values, ids) =>
    `SELECT m."runSeq" FROM "LatestMetric" m WHERE m."experimentId" = ANY(${ids}) AND m."keyId" = ${values.add(keyIds.get(key) ?? -1)}
     AND ${clauses.map((c) => metricComparison(c, values)).join(" AND ")}`,
  // No run has a metric that was never logged.
  isLikelyFew: !keyIds.has(key),
  covers: [],
});
