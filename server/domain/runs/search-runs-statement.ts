import { createHash } from "node:crypto";
import type pg from "pg";
import { getWalkSql } from "@/server/db";
import type { SqlValues } from "../search";

/*
 * Search statements repeat: a page of the same table asks the same with other values. Those seen twice are kept prepared by the
 * connection, a bounded number of them, as each holds memory on every connection.
 */

const maxNames = 200;
const names = new Map<string, string | null>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known) return known;
  if (known === undefined) {
    if (names.size < maxNames && text.length < 20_000) names.set(text, null);
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
