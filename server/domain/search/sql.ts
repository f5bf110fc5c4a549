import { invalid } from "@/server/errors";
import type { Clause, Comparator } from "./grammar";

/** The values of one statement; `add` answers the placeholder. Nothing of a caller ever stands in the text itself. */
export class SqlValues {
  readonly list: unknown[] = [];

  add(value: unknown, cast?: string): string {
    this.list.push(value);
    return `$${this.list.length}${cast ? `::${cast}` : ""}`;
  }
}

/** A text column compared as MLflow compares it: LIKE has `%` and `_` and no escape; every NULL is passed over. */
export function compareText(column: string, { comparator, value }: Pick<Clause, "comparator" | "value">, values: SqlValues): string {
  if (comparator === "IN") return `${column} = ANY(${values.add(value, "text[]")})`;
  if (comparator === "NOT IN") return `${column} <> ALL(${values.add(value, "text[]")})`;
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return `${column} ${comparator}`;
  if (comparator === "LIKE" || comparator === "ILIKE") return `${column} ${comparator} ${values.add(value, "text")} ESCAPE ''`;
  return `${column} ${sqlOperator(comparator)} ${values.add(value, "text")}`;
}

/** A numeric column; numbers travel as text so that PostgreSQL reads them exactly, and whole ones as int8 so that an index on int8 serves. */
export function compareNumber(column: string, { comparator, value }: Pick<Clause, "comparator" | "value">, values: SqlValues): string {
  return `${column} ${sqlOperator(comparator)} ${values.add(String(value), typeof value === "bigint" ? "int8" : "float8")}`;
}

/** Either of the two, by the value. */
export const compare = (column: string, clause: Pick<Clause, "comparator" | "value">, values: SqlValues): string =>
  typeof clause.value === "number" || typeof clause.value === "bigint" ? compareNumber(column, clause, values) : compareText(column, clause, values);

export function sqlOperator(comparator: Comparator): string {
  if (comparator === "!=") return "<>";
  if (["=", ">", ">=", "<", "<="].includes(comparator)) return comparator;
  throw invalid(`The comparator ${comparator} cannot be used here.`);
}
