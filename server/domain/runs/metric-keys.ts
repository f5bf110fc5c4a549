import type pg from "pg";

/*
 * The dictionary of metric names: points and latest values name their metric by a number. A number once given stands for ever,
 * so what is known is kept here.
 */

const maxKnown = 100_000;
const known = new WeakMap<pg.Pool, Map<string, number>>();

function knownOf(sql: pg.Pool): Map<string, number> {
  const map = known.get(sql) ?? new Map<string, number>();
  known.set(sql, map);
  return map;
}

function remember(map: Map<string, number>, rows: { id: number; name: string }[]) {
  if (map.size + rows.length > maxKnown) map.clear();
  for (const { id, name } of rows) map.set(name, id);
}

/** The number of a metric's name, or undefined when nothing was ever logged by it. */
export async function findMetricKey(sql: pg.Pool, name: string): Promise<number | undefined> {
  const map = knownOf(sql);
  const id = map.get(name);
  if (id !== undefined) return id;
  const { rows } = await sql.query<{ id: number; name: string }>({ name: "find-metric-key", text: `SELECT id, name FROM "MetricKey" WHERE name = $1` }, [name]);
  remember(map, rows);
  return rows[0]?.id;
}

/** The numbers of these names; new names are written down first. */
export async function metricKeyIds(sql: pg.Pool, names: Iterable<string>): Promise<Map<string, number>> {
  const map = knownOf(sql);
  const found = new Map<string, number>();
  const lacking = new Set<string>();
  for (const name of names) {
    const id = map.get(name);
    if (id === undefined) lacking.add(name);
    else found.set(name, id);
  }
  // A name that somebody else is just writing is there at the second look.
  for (let attempt = 0; lacking.size > 0 && attempt < 5; attempt++) {
    const { rows } = await sql.query<{ id: number; name: string }>(
      {
        name: "metric-keys",
        // Sorted, so that two who bring the same new names wait for each other in one order.
        text: `WITH here AS (SELECT id, name FROM "MetricKey" WHERE name = ANY($1::text[])),
          fresh AS (INSERT INTO "MetricKey" (name) SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT 1 FROM here WHERE here.name = n) ORDER BY n
            ON CONFLICT (name) DO NOTHING RETURNING id, name)
          SELECT id, name FROM here UNION ALL SELECT id, name FROM fresh`,
      },
      [[...lacking]],
    );
    remember(map, rows);
    for (const { id, name } of rows) {
      found.set(name, id);
      lacking.delete(name);
    }
  }
  if (lacking.size > 0) throw new Error("a metric's name could not be written down");
  return found;
}
