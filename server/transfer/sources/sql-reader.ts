export type Cell = string | number | bigint | boolean | null;
export type Row = Record<string, Cell>;

/** The little that reading a store in a database needs. Placeholders are written as `?`. */
export interface SqlReader {
  all(sql: string, values?: Cell[]): Promise<Row[]>;
  /** The rows of one table that a condition selects, in pages, without sorting them. */
  pages(select: { columns: string; table: string; where: string; values: Cell[]; size: number }): AsyncIterable<Row[]>;
  /** Empty for a table that is not there: older stores have fewer. */
  columns(table: string): Promise<Set<string>>;
  close(): Promise<void>;
}

export const text = (v: Cell | undefined): string => (v === null || v === undefined ? "" : String(v));
export const textOrNull = (v: Cell | undefined): string | null => (v === null || v === undefined ? null : String(v));
export const num = (v: Cell | undefined): number => (v === null || v === undefined ? 0 : Number(v));
export const numOrNull = (v: Cell | undefined): number | null => (v === null || v === undefined ? null : Number(v));
/** SQLite gives whole numbers of a FLOAT column and integers alike; both are whole here. */
export const big = (v: Cell | undefined): bigint => (v === null || v === undefined ? 0n : BigInt(typeof v === "number" ? Math.trunc(v) : v));
export const bigOrNull = (v: Cell | undefined): bigint | null => (v === null || v === undefined ? null : big(v));
export const truth = (v: Cell | undefined): boolean => v === true || v === 1 || v === 1n || v === "t";

/** A store's tables, with what its version of MLflow lacks. */
export type SqlStore = { reader: SqlReader; has: (table: string, column?: string) => boolean; /** Of MLflow's own workspaces, which came with 3.10. */ workspace: string };

export const toPoint = (r: Row) => ({ key: text(r.key), value: truth(r.is_nan) ? Number.NaN : num(r.value), step: big(r.step), timestampMs: big(r.timestamp) });

/** `(?, ?, …)` for a list of values; never empty. */
export const listOf = (values: Cell[]): string => `(${values.map(() => "?").join(", ")})`;

export function groupRows(rows: Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = text(row[column]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
