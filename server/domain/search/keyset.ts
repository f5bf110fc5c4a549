import type { SqlValues } from "./sql";

/*
 * Pages that stay right while rows are added: a page begins after the last row of the one before, by that row's place in the order,
 * not by a count. The order must be total, so its last key is one that no two rows share.
 */

/** One column of an order. Missing values come last in both directions, and a NaN between them and the real ones, as in MLflow. */
export type SortKey = {
  /** An expression; a text brings its collation. */
  sql: string;
  type: "text" | "int8" | "float8";
  isAscending: boolean;
  isNullable?: boolean;
};

/** A row's place: the text of each key's value, null where it is missing. */
export type Position = (string | null)[];

/** For ORDER BY. */
export function orderSql(keys: readonly SortKey[]): string {
  return keys
    .flatMap(({ sql, type, isAscending, isNullable }) => {
      const last = isNullable ? " NULLS LAST" : "";
      // PostgreSQL holds a NaN to be greater than every number.
      if (type === "float8" && !isAscending) return [`(${sql} = 'NaN')${last}`, `${sql} DESC${last}`];
      return [`${sql} ${isAscending ? "ASC" : "DESC"}${last}`];
    })
    .join(", ");
}

/** For SELECT: the row's position, as text[]. */
export const positionSql = (keys: readonly SortKey[]): string => `ARRAY[${keys.map((k) => `(${k.sql})::text`).join(", ")}]`;

/** For WHERE: the rows behind a position. */
export function afterSql(keys: readonly SortKey[], position: Position, values: SqlValues): string {
  const [key, ...rest] = keys;
  const [value = null, ...others] = position;
  if (!key) return "false";
  if (value === null) return rest.length === 0 ? "false" : `(${key.sql} IS NULL AND ${afterSql(rest, others, values)})`;
  const given = values.add(value, key.type);
  const behind = key.isAscending ? ">" : "<";
  if (rest.length === 0 && !key.isNullable && key.type !== "float8") return `${key.sql} ${behind} ${given}`;
  const beyond = [`${key.sql} ${behind} ${given}`];
  if (key.type === "float8") {
    if (value === "NaN") beyond[0] = "false";
    else if (!key.isAscending) beyond.push(`${key.sql} = 'NaN'`);
  }
  if (key.isNullable) beyond.push(`${key.sql} IS NULL`);
  if (rest.length > 0) beyond.push(`(${key.sql} = ${given} AND ${afterSql(rest, others, values)})`);
  // Said twice for a column that cannot be missing, so that an index finds where to begin.
  const start = key.isNullable || key.type === "float8" ? "" : `${key.sql} ${behind}= ${given} AND `;
  return `(${start}(${beyond.join(" OR ")}))`;
}
