import { afterSql, type Clause, compareText, orderSql, type Position, type SortKey, SqlValues } from "../search";
import { runColumns } from "./rows";
import { type Condition, conjuncts, metricComparison } from "./search-runs-filter";
import { indexedLength, type KeyedValues, type RunKey } from "./search-runs-order";
import { type Batches, type FoundRow, filterOf, firstWindow, maxWindow, runStatement, type Search } from "./search-runs-statement";

/*
 * Runs in the order of a metric, param or tag, read from its index by (experiment, key, value): first the real values, then NaN, then
 * the runs without one. Runs of one value follow the other keys of the order; where they are many they are walked as if the order
 * began there.
 */

type Ways = {
  walk: (search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined) => Batches;
  sortAll: (search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined) => Batches;
};
/** NaN is PostgreSQL's greatest number: upwards it comes last by itself, downwards after the real ones. */
type Segment = "all" | "real" | "nan";
/** Where a window begins. `after`: the position on the last page, when rows of the same value may be left. */
type Start = { value: string; isIncluded: boolean; after: Position | undefined };

export async function* walkValues(search: Search, keys: RunKey[], conditions: Condition[], after: Position | undefined, { walk, sortAll }: Ways): Batches {
  const [key, ...rest] = keys;
  if (!key?.values) throw new Error("an order by values that are not there");
  const source = key.values;
  const said = saidOf(search, source);
  const [start, ...behind] = after ?? [];
  const ofKey = (values: SqlValues, seq: string) => `FROM ${source.table} m WHERE m."runSeq" = ${seq} AND ${source.isKey?.(values) ?? "false"}`;

  if (start !== null && source.isKey && !said.some((c) => c.comparator === "IS NULL")) {
    const segments: Segment[] = source.type === "text" || key.isAscending ? ["all"] : start === "NaN" ? ["nan"] : ["real", "nan"];
    for (const segment of segments) {
      let from: Start | undefined = segment === segments[0] && start !== undefined ? { value: start, isIncluded: true, after } : undefined;
      let window = firstWindow(search, search.filter !== null || conditions.length > 0);
      for (;;) {
        const { first, cut, rows } = await nextWindow({ search, source, isAscending: key.isAscending, rest, conditions, said, segment, from, window });
        if (first === null) break;
        const isOneValue = cut !== null && isSame(source, cut, first);
        if (isOneValue && window < search.tuning.heavyAt) {
          window = search.tuning.heavyAt;
          continue;
        }
        if (isOneValue) {
          const hasValue: Condition = (values, seq = "r.seq") => `(SELECT ${indexed(source)} = ${values.add(first, source.type)} ${ofKey(values, seq)})`;
          const isBegun = from?.after !== undefined && isSame(source, startOf(source, from.value), first);
          // A long text stands in the index by its beginning; those of one beginning are sorted.
          if (source.type === "text" && [...first].length >= indexedLength) yield* sortAll(search, keys, [...conditions, hasValue], isBegun ? after : undefined);
          else yield* prefixed(first, walk(search, rest, [...conditions, hasValue], isBegun ? behind : undefined));
          if (segment === "nan" || (source.type === "float8" && first === "NaN")) break;
          from = { value: first, isIncluded: false, after: undefined };
          continue;
        }
        yield rows;
        if (cut === null) break;
        from = { value: cut, isIncluded: true, after: undefined };
        window = Math.min(window * 4, maxWindow);
      }
    }
  }

  // A comparison passes over the runs without the key.
  if (said.some((c) => c.comparator !== "IS NULL")) return;
  const isMissing: Condition = (values, seq = "r.seq") => `(SELECT true ${ofKey(values, seq)}) IS NULL`;
  yield* prefixed(null, walk(search, rest, source.isKey ? [...conditions, isMissing] : conditions, start === null ? behind : undefined));
}

type Window = {
  search: Search; source: KeyedValues; isAscending: boolean; rest: RunKey[]; conditions: Condition[]; said: Clause[]; segment: Segment; from: Start | undefined; window: number;
};

/**
 * The next `window` values in order. Of the last value there may be more than are in the window: it is left to the next one, which
 * begins at `cut`. `first` is null when nothing is left.
 */
async function nextWindow({ search, source, isAscending, rest, conditions, said, segment, from, window }: Window): Promise<{ first: string | null; cut: string | null; rows: FoundRow[] }> {
  const values = new SqlValues();
  const direction = isAscending ? "ASC" : "DESC";
  const value = indexed(source);
  const range = [
    source.isKey?.(values) ?? "false",
    ...(segment === "real" ? [`m.value < 'NaN'`] : segment === "nan" ? [`m.value = 'NaN'`] : []),
    ...(from && segment !== "nan" ? [`${value} ${isAscending ? ">" : "<"}${from.isIncluded ? "=" : ""} ${startSql(source, values.add(from.value, source.type))}`] : []),
    ...bounds(source, said, values),
  ];
  const [only] = search.experimentIds;
  const ids = search.experimentIds.length === 1 ? values.add(only, "int") : values.add(search.experimentIds, "int[]");
  const ofOne = (experiment: string, tail: string) =>
    `SELECT ${value} AS value, m.value AS whole, m."runSeq" FROM ${source.table} m WHERE m."experimentId" = ${experiment} AND ${range.join(" AND ")} ORDER BY ${value} ${direction} ${tail}`;
  const entries = (tail: string, most: number) =>
    search.experimentIds.length === 1 ? ofOne(ids, tail) : `SELECT m.* FROM unnest(${ids}) x(id), LATERAL (${ofOne("x.id", `LIMIT ${most}`)}) m ORDER BY m.value ${direction} ${tail}`;

  const sorts: SortKey[] = [{ sql: "e.whole", type: source.type, isAscending }, ...rest.map((k) => k.toSort(values))];
  const ofRow = [
    `(c.cut IS NULL OR e.value ${isAscending ? "<" : ">"} c.cut)`,
    `r."lifecycleStage" = ANY(${values.add(search.stages, "text[]")})`,
    ...[...filterOf(search), ...conditions].map((c) => c(values, `e."runSeq"`)),
    ...(from?.after ? [afterSql(sorts, from.after, values)] : []),
  ];
  // A number is its own beginning; and one segment holds no two kinds of numbers, so that its order is the index's.
  const order = `e.value ${direction}, ${source.type === "text" ? orderSql(sorts) : orderSql(sorts.slice(1))}`;
  const rows = await runStatement<FoundRow & { first: string | null; cut: string | null }>(
    `SELECT c.first::text, c.cut::text, r.* FROM
       (SELECT (SELECT m.value FROM (${entries("LIMIT 1", 1)}) m) AS first, (SELECT m.value FROM (${entries(`OFFSET ${window} LIMIT 1`, window + 1)}) m) AS cut OFFSET 0) c
     LEFT JOIN LATERAL (
       SELECT ${runColumns}, ARRAY[${sorts.map((k) => `(${k.sql})::text`).join(", ")}]::text AS at
       FROM (${entries(`LIMIT ${window}`, window)}) e JOIN "Run" r ON r.seq = e."runSeq" WHERE ${ofRow.join(" AND ")}
       ORDER BY ${order} LIMIT ${search.limit}
     ) r ON true`,
    values,
  );
  const { first = null, cut = null } = rows[0] ?? {};
  // The join gives one row without a run where the window has none.
  return { first, cut, rows: rows[0]?.id === null ? [] : rows };
}

/** The clauses of the outermost AND on this key. */
const saidOf = (search: Search, { entity, key }: KeyedValues): Clause[] =>
  conjuncts(search.filter).flatMap((part) => (part.op === "clause" && part.clause.entity === entity && part.clause.key === key ? [part.clause] : []));

/** What they say of the index's value. */
function bounds(source: KeyedValues, said: Clause[], values: SqlValues): string[] {
  if (source.type === "float8") return said.map((clause) => metricComparison(clause, values));
  return said.flatMap((clause) => (clause.comparator === "=" ? [`${indexed(source)} = ${startSql(source, values.add(clause.value, "text"))}`, compareText("m.value", clause, values)] : []));
}

const indexed = ({ type }: KeyedValues): string => (type === "text" ? `left(m.value, ${indexedLength})` : "m.value");
const startSql = ({ type }: KeyedValues, placeholder: string): string => (type === "text" ? `left(${placeholder}, ${indexedLength})` : placeholder);
const startOf = ({ type }: KeyedValues, value: string): string => (type === "text" ? [...value].slice(0, indexedLength).join("") : value);
const isSame = ({ type }: KeyedValues, a: string, b: string): boolean => a === b || (type === "float8" && Number(a) === Number(b));

async function* prefixed(value: string | null, batches: Batches): Batches {
  for await (const batch of batches) {
    for (const row of batch) row.before = [value, ...(row.before ?? [])];
    yield batch;
  }
}
