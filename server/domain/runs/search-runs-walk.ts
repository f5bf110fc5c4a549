import { afterSql, orderSql, type Position, positionSql, type SortKey, SqlValues } from "../search";
import { runColumns } from "./rows";
import type { Driver } from "./search-runs-driver";
import { type Condition, conjuncts, filterToSql } from "./search-runs-filter";
import type { RunKey } from "./search-runs-order";
import { type Batches, type FoundRow, filterOf, firstWindow, maxWindow, positionOf, readArray, runStatement, type Search, where } from "./search-runs-statement";
import { walkValues } from "./search-runs-values";

/*
 * Runs in the order asked for, read from an index in that order, a window at a time, until the page is full. So a page costs the
 * same among a thousand runs and a hundred thousand: the rows that it shows and those that the filter passes over.
 *
 * By start time (the order when none is asked for): the index of runs. By a metric, param or tag: its index of values
 * (search-runs-values.ts). By anything else: all runs of the experiments are sorted.
 */

/** Rows behind `after`, in batches; a batch may be empty. Each window is larger than the one before. */
export function walk(search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined): Batches {
  const [first] = keys;
  if (first?.kind === "indexed") return walkValues(search, keys, conditions, after, { walk, sortAll });
  if (first?.kind === "start") return walkRuns(search, keys, conditions, after);
  return sortAll(search, keys, conditions, after);
}

async function* walkRuns(search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined): Batches {
  const filters = [...filterOf(search), ...conditions];
  // What the filter says of the start time narrows the walk itself.
  const pushed = conjuncts(search.filter).flatMap((part): Condition[] =>
    part.op === "clause" && part.clause.column === `r."startTimeMs"` ? [(values) => filterToSql(part, values, search.keyIds)] : [],
  );
  let from = after;
  for (let window = firstWindow(search, filters.length > 0); ; window = Math.min(window * 4, maxWindow)) {
    const values = new SqlValues();
    const entries = entriesByStart(search, keys, pushed, from, window, values);
    const outer = outerKeys(keys);
    const rows = await runStatement<FoundRow>(
      `SELECT ${runColumns}, ${positionSql(outer)}::text AS at FROM (${entries}) r ${where(filters.map((f) => f(values)))} ORDER BY ${orderSql(outer)} LIMIT ${search.limit}`,
      values,
    );
    yield rows;
    if (filters.length === 0) {
      if (rows.length < Math.min(window, search.limit)) return;
      const last = rows.at(-1);
      from = last && positionOf(last);
      continue;
    }
    const last = new SqlValues();
    const lastEntries = entriesByStart(search, keys, pushed, from, window, last);
    const [end] = await runStatement<{ at: string }>(
      `SELECT ${positionSql(outerKeys(keys))}::text AS at FROM (${lastEntries}) r ORDER BY ${orderSql(outerKeys(keys))} OFFSET ${window - 1} LIMIT 1`,
      last,
    );
    if (!end) return;
    from = readArray(end.at);
  }
}

function entriesByStart(search: Search, keys: RunKey[], pushed: Condition[], after: Position | undefined, window: number, values: SqlValues): string {
  const sorts = keys.map((k) => k.toSort(values));
  const more = [...pushed.map((c) => c(values)), ...(after ? [afterSql(sorts, after, values)] : [])];
  const entries = (experiment: string, stage: string) =>
    `SELECT ${runColumns}, ${sorts.map((k, i) => `${k.sql} AS k${i}`).join(", ")} FROM "Run" r
     WHERE ${[`r."experimentId" = ${experiment}`, `r."lifecycleStage" = ${stage}`, ...more].join(" AND ")} ORDER BY ${orderSql(sorts)} LIMIT ${window}`;
  const [id] = search.experimentIds;
  const [stage] = search.stages;
  if (search.experimentIds.length === 1 && search.stages.length === 1) return entries(values.add(id, "int"), values.add(stage, "text"));
  const from = `unnest(${values.add(search.experimentIds, "int[]")}) x(id), unnest(${values.add(search.stages, "text[]")}) s(stage)`;
  return `SELECT r.* FROM ${from}, LATERAL (${entries("x.id", "s.stage")}) r ORDER BY ${orderSql(outerKeys(keys))} LIMIT ${window}`;
}

/** All that pass, sorted: for an order that no index has. */
async function* sortAll(search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined): Batches {
  const values = new SqlValues();
  const from = `"Run" r WHERE r."experimentId" = ANY(${values.add(search.experimentIds, "int[]")}) AND r."lifecycleStage" = ANY(${values.add(search.stages, "text[]")})`;
  yield await sorted(search, keys, from, "r.seq", conditions, after, values);
}

/** The runs that an index on what the filter says gives, sorted. */
export function drive(search: Search, keys: RunKey[], driver: Driver, after: Position | undefined): Promise<FoundRow[]> {
  const values = new SqlValues();
  const ids = values.add(search.experimentIds, "int[]");
  const from = `(SELECT DISTINCT d."runSeq" FROM (${driver.sql(values, ids)}) d) d JOIN "Run" r ON r.seq = d."runSeq"
    WHERE r."experimentId" = ANY(${ids}) AND r."lifecycleStage" = ANY(${values.add(search.stages, "text[]")})`;
  const left = conjuncts(search.filter).filter((part) => !driver.covers.includes(part));
  return sorted({ ...search, filter: left.length > 0 ? { op: "and", parts: left } : null }, keys, from, `d."runSeq"`, [], after, values);
}

function sorted(search: Search, keys: RunKey[], from: string, seq: string, conditions: Condition[], after: Position | undefined, values: SqlValues): Promise<FoundRow[]> {
  const sorts = keys.map((k) => k.toSort(values));
  const outer = outerKeys(keys);
  const filters = [...filterOf(search), ...conditions].map((c) => ` AND ${c(values, seq)}`).join("");
  return runStatement<FoundRow>(
    // OFFSET 0: what the order is by is worked out once for each run.
    `SELECT ${runColumns}, ${positionSql(outer)}::text AS at FROM
       (SELECT ${runColumns}, ${sorts.map((k, i) => `${k.sql} AS k${i}`).join(", ")} FROM ${from}${filters} OFFSET 0) r
     ${where(after ? [afterSql(outer, after, values)] : [])} ORDER BY ${orderSql(outer)} LIMIT ${search.limit}`,
    values,
  );
}

/** The index whose part of the filter the fewest runs pass, if they are few; null: walk on. */
export async function selectiveDriver(search: Search, drivers: Driver[]): Promise<Driver | null> {
  if (drivers.length === 0) return null;
  const most = search.tuning.few;
  const values = new SqlValues();
  const ids = values.add(search.experimentIds, "int[]");
  const counts = drivers.map((d, i) => `(SELECT count(*) FROM (SELECT 1 FROM (${d.sql(values, ids)}) d LIMIT ${most + 1}) d)::int AS n${i}`);
  const [row = {}] = await runStatement<Record<string, number>>(
    // Not every driver names the experiments, and PostgreSQL refuses a value that nothing names.
    `SELECT ${counts.join(", ")} WHERE ${ids} IS NOT NULL`,
    values,
  );
  const best = drivers.map((driver, i) => ({ driver, count: row[`n${i}`] ?? Number.POSITIVE_INFINITY })).sort((a, b) => a.count - b.count)[0];
  return best && best.count <= most ? best.driver : null;
}

/** The keys as columns of a subquery that has worked them out. */
const outerKeys = (keys: RunKey[]): SortKey[] => keys.map((k, i) => ({ ...k.toSort(new SqlValues()), sql: `r.k${i}` }));
