import { createHash } from "node:crypto";
import pg from "pg";
import { getWalkSql } from "@/server/db";
import type { Filter, Position, SqlValues } from "../search";
import type { RunRow } from "./rows";
import { type Condition, conjuncts, filterToSql, type KeyIds } from "./search-runs-filter";

/* What the parts of the walk share. */

export type Search = {
  experimentIds: number[];
  stages: string[];
  filter: Filter | null;
  keyIds: KeyIds;
  /** Rows wanted: the page and one more. */
  limit: number;
  tuning: Tuning;
};

export type Tuning = {
  /** As many runs are fetched and sorted outright when a part of the filter leaves no more. */
  few: number;
  /** So many runs of one value are walked by start time, not sorted. */
  heavyAt: number;
  /** The first window: a page, or some pages where a filter passes over rows; and so many more. */
  slack: number;
};
export const usualTuning: Tuning = { few: 2000, heavyAt: 2048, slack: 64 };
export const maxWindow = 1 << 17;

/** `at` is the row's position among the keys of the walk that found it, as PostgreSQL's array in text: that of one row of a page is read. */
export type FoundRow = RunRow & { at: string; /** The values of the keys before those of `at`. */ before?: Position };
export type Batches = AsyncGenerator<FoundRow[]>;

// 1009 is text[], which the list of types that pg names lacks.
export const readArray = pg.types.getTypeParser(1009 as Parameters<typeof pg.types.getTypeParser>[0]) as (text: string) => Position;
export const positionOf = (row: FoundRow): Position => [...(row.before ?? []), ...readArray(row.at)];

export const filterOf = ({ filter, keyIds }: Search): Condition[] => conjuncts(filter).map((part) => (values, seq) => filterToSql(part, values, keyIds, seq));
export const where = (conditions: string[]): string => (conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "");
export const firstWindow = ({ limit, tuning }: Search, isFiltered: boolean): number => (isFiltered ? 4 * limit : limit) + tuning.slack;

/*
 * Search statements repeat: a page of the same table asks the same with other values. Those seen twice are kept prepared by the
 * connection, a bounded number of them, as each holds memory on every connection.
 */

const maxNames = 100;
const maxSeen = 500;
const names = new Map<string, string>();
/** Texts seen once, the oldest first. */
const seen = new Set<string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maxNames || text.length > 20_000) return known;
  if (!seen.delete(text)) {
    seen.add(text);
    if (seen.size > maxSeen) for (const oldest of seen) if (seen.delete(oldest)) break;
    return undefined;
  }
  const name = `search-${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
  names.set(text, name);
  return name;
}

export async function runStatement<Row extends pg.QueryResultRow>(text: string, values: SqlValues): Promise<Row[]> {
  const name = nameOf(text);
  const { rows } = await getWalkSql().query<Row>(name ? { name, text, values: values.list } : { text, values: values.list });
  return rows;
}

const collations = new WeakMap<pg.Pool, Promise<boolean>>();

/** Whether the database orders texts by their bytes, as the one that we start does. */
export function areTextsByBytes(): Promise<boolean> {
  const sql = getWalkSql();
  const known = collations.get(sql);
  if (known) return known;
  const asked = sql
    // By way of JSON, as older versions have no provider but the C library ('c').
    .query<{ isByBytes: boolean }>(
      `SELECT datcollate IN ('C', 'POSIX') AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AS "isByBytes" FROM pg_database d WHERE datname = current_database()`,
    )
    .then(({ rows }) => rows[0]?.isByBytes ?? false);
  collations.set(sql, asked);
  asked.catch(() => collations.delete(sql));
  return asked;
}
