import { invalid } from "@/server/errors";
import type { Clause, Comparator } from "./parse";

/** The values of one statement; `add` answers the placeholder. Nothing of a caller ever stands in the text itself. */
export class SqlValues {
  readonly list: unknown[] = [];

  add(value: unknown, cast?: string): string {
    this.list.push(value);
    return `$${this.list.length}${cast ? `::${cast}` : ""}`;
  }
}

/** A text column compared as MLflow compares it: LIKE has `%` and `_` and no escape; every NULL is passed over. */
export function compareText(column: string, { comparator, value }: Clause, values: SqlValues): string {
  if (comparator === "IN") return `${column} = ANY(${values.add(value, "text[]")})`;
  if (comparator === "NOT IN") return `${column} <> ALL(${values.add(value, "text[]")})`;
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return `${column} ${comparator}`;
  if (comparator === "LIKE" || comparator === "ILIKE") return `${column} ${comparator} ${values.add(value, "text")} ESCAPE ''`;
  return `${column} ${sqlOperator(comparator)} ${values.add(value, "text")}`;
}

/** A numeric column; numbers travel as text so that PostgreSQL reads them exactly. */
export function compareNumber(column: string, { comparator, value }: Clause, values: SqlValues): string {
  return `${column} ${sqlOperator(comparator)} ${values.add(String(value), "float8")}`;
}

export function sqlOperator(comparator: Comparator): string {
  if (comparator === "!=") return "<>";
  if (["=", ">", ">=", "<", "<="].includes(comparator)) return comparator;
  throw invalid(`The comparator ${comparator} cannot be used here.`);
}
