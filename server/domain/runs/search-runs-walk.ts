import pg from "pg";
import { afterSql, type Clause, type Filter, orderSql, type Position, positionSql, type SortKey, SqlValues } from "../search";
import { type RunRow, runColumns } from "./rows";
import type { Driver } from "./search-runs-driver";
import { type Condition, conjuncts, filterToSql, type KeyIds, metricComparison } from "./search-runs-filter";
import type { RunKey } from "./search-runs-order";
import { runStatement } from "./search-runs-statement";

/*
 * Runs in the order asked for, read from an index in that order, a window at a time, until the page is full. So a page costs the
 * same among a thousand runs and a hundred thousand: the rows that it shows and those that the filter passes over.
 *
 * By start time (the order when none is asked for): the index of runs. By a metric: the index of latest values, first the real
 * ones, then NaN, then the runs without it, by start time. Many runs of one value are read by start time too. By anything else:
 * all runs of the experiments are sorted.
 */

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
/** `at` is the row's position among the keys of the walk that found it, as PostgreSQL's array in text: that of one row of a page is read. */
export type FoundRow = RunRow & { at: string; /** The values of the keys before those of `at`. */ before?: Position };
// 1009 is text[], which the list of types that pg names lacks.
const readArray = pg.types.getTypeParser(1009 as Parameters<typeof pg.types.getTypeParser>[0]) as (text: string) => Position;
export const positionOf = (row: FoundRow): Position => [...(row.before ?? []), ...readArray(row.at)];
type Batches = AsyncGenerator<FoundRow[]>;

const maxWindow = 1 << 17;

/** Rows behind `after`, in batches; a batch may be empty. Each window is larger than the one before. */
export function walk(search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined): Batches {
  const [first] = keys;
  if (first?.kind === "metric") return walkMetric(search, first, keys.slice(1), conditions, after);
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

async function* walkMetric(search: Search, key: RunKey, rest: RunKey[], conditions: Condition[], after: Position | undefined): Batches {
  const [start, ...behind] = after ?? [];
  const said = conjuncts(search.filter).flatMap((part): Clause[] => (part.op === "clause" && part.clause.entity === "metric" && part.clause.key === key.name ? [part.clause] : []));
  const id = search.keyIds.get(key.name);

  if (start !== null && id !== undefined) {
    // NaN is PostgreSQL's greatest number: upwards it comes last by itself, downwards after the real ones.
    const segments = key.isAscending ? ["all" as const] : start === "NaN" ? ["nan" as const] : ["real" as const, "nan" as const];
    for (const segment of segments) {
      let from = segment === segments[0] && start !== undefined ? { value: start, isIncluded: true, behind: behind as Position | undefined } : undefined;
      let window = firstWindow(search, search.filter !== null || conditions.length > 0);
      for (;;) {
        const { first, cut, rows } = await metricWindow({ search, keyId: id, isAscending: key.isAscending, rest, conditions, said, segment, from, window });
        if (first === null) break;
        const isOneValue = cut !== null && (cut === first || Number(cut) === Number(first));
        if (isOneValue && window < search.tuning.heavyAt) {
          window = search.tuning.heavyAt;
          continue;
        }
        if (isOneValue) {
          const hasValue: Condition = (values, seq = "r.seq") =>
            `(SELECT m.value = ${values.add(first, "float8")} FROM "LatestMetric" m WHERE m."runSeq" = ${seq} AND m."keyId" = ${values.add(id)})`;
          const goesOn = from?.behind && (from.value === first || Number(from.value) === Number(first)) ? from.behind : undefined;
          yield* prefixed(first, walk(search, rest, [...conditions, hasValue], goesOn));
          if (segment === "nan" || first === "NaN") break;
          from = { value: first, isIncluded: false, behind: undefined };
          continue;
        }
        yield rows;
        if (cut === null) break;
        from = { value: cut, isIncluded: true, behind: undefined };
        window = Math.min(window * 4, maxWindow);
      }
    }
  }

  // Every comparison of the metric passes over the runs without it.
  if (said.length > 0) return;
  const isMissing: Condition = (values, seq = "r.seq") => `(SELECT true FROM "LatestMetric" m WHERE m."runSeq" = ${seq} AND m."keyId" = ${values.add(id ?? -1)}) IS NULL`;
  yield* prefixed(null, walk(search, rest, id === undefined ? conditions : [...conditions, isMissing], start === null ? behind : undefined));
}

type MetricWindow = {
  search: Search; keyId: number; isAscending: boolean; rest: RunKey[]; conditions: Condition[]; said: Clause[]; segment: "all" | "real" | "nan";
  from: { value: string; isIncluded: boolean; behind: Position | undefined } | undefined; window: number;
};

/**
 * The next `window` values in order. Of the last value there may be more than are in the window: it is left to the next one, which
 * begins at `cut`. `first` is null when nothing is left.
 */
async function metricWindow({ search, keyId, isAscending, rest, conditions, said, segment, from, window }: MetricWindow): Promise<{ first: string | null; cut: string | null; rows: FoundRow[] }> {
  const values = new SqlValues();
  const direction = isAscending ? "ASC" : "DESC";
  const behindValue = isAscending ? ">" : "<";
  const start = from && values.add(from.value, "float8");
  const key = values.add(keyId, "int");
  const range = [
    ...(segment === "real" ? [`m.value < 'NaN'`] : segment === "nan" ? [`m.value = 'NaN'`] : []),
    ...(from && segment !== "nan" ? [`m.value ${behindValue}${from.isIncluded ? "=" : ""} ${start}`] : []),
    ...said.map((clause) => metricComparison(clause, values)),
  ];
  const [only] = search.experimentIds;
  const ids = search.experimentIds.length === 1 ? values.add(only, "int") : values.add(search.experimentIds, "int[]");
  const ofOne = (experiment: string, tail: string) =>
    `SELECT m.value, m."runSeq" FROM "LatestMetric" m WHERE ${[`m."experimentId" = ${experiment}`, `m."keyId" = ${key}`, ...range].join(" AND ")} ORDER BY m.value ${direction} ${tail}`;
  const entries = (tail: string, most: number) =>
    search.experimentIds.length === 1 ? ofOne(ids, tail) : `SELECT m.* FROM unnest(${ids}) x(id), LATERAL (${ofOne("x.id", `LIMIT ${most}`)}) m ORDER BY m.value ${direction} ${tail}`;

  const sorts = rest.map((k) => k.toSort(values));
  const conditionsOfRow = [
    `(c.cut IS NULL OR e.value ${isAscending ? "<" : ">"} c.cut)`,
    `r."lifecycleStage" = ANY(${values.add(search.stages, "text[]")})`,
    ...[...filterOf(search), ...conditions].map((c) => c(values, `e."runSeq"`)),
    ...(from?.behind ? [`(e.value <> ${start} OR ${afterSql(sorts, from.behind, values)})`] : []),
  ];
  const rows = await runStatement<FoundRow & { first: string | null; cut: string | null }>(
    `SELECT c.first::text, c.cut::text, r.* FROM
       (SELECT (SELECT m.value FROM (${entries("LIMIT 1", 1)}) m) AS first, (SELECT m.value FROM (${entries(`OFFSET ${window} LIMIT 1`, window + 1)}) m) AS cut OFFSET 0) c
     LEFT JOIN LATERAL (
       SELECT ${runColumns}, ARRAY[e.value::text, ${sorts.map((k) => `(${k.sql})::text`).join(", ")}]::text AS at
       FROM (${entries(`LIMIT ${window}`, window)}) e JOIN "Run" r ON r.seq = e."runSeq" WHERE ${conditionsOfRow.join(" AND ")}
       ORDER BY e.value ${direction}, ${orderSql(sorts)} LIMIT ${search.limit}
     ) r ON true`,
    values,
  );
  const { first = null, cut = null } = rows[0] ?? {};
  // The join gives one row without a run where the window has none.
  return { first, cut, rows: rows[0]?.id === null ? [] : rows };
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

async function* prefixed(value: string | null, batches: Batches): Batches {
  for await (const batch of batches) {
    for (const row of batch) row.before = [value, ...(row.before ?? [])];
    yield batch;
  }
}

const filterOf = ({ filter, keyIds }: Search): Condition[] => conjuncts(filter).map((part) => (values, seq) => filterToSql(part, values, keyIds, seq));
const where = (conditions: string[]): string => (conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "");
/** The keys as columns of a subquery that has worked them out. */
const outerKeys = (keys: RunKey[]): SortKey[] => keys.map((k, i) => ({ ...k.toSort(new SqlValues()), sql: `r.k${i}` }));
const firstWindow = ({ limit, tuning }: Search, isFiltered: boolean): number => (isFiltered ? 4 * limit : limit) + tuning.slack;
