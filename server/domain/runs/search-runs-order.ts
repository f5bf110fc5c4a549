import type { OrderKey, SortKey, SqlValues } from "../search";
import type { KeyIds } from "./search-runs-filter";

/** A key of a run order: what an index by (experiment, key, value) holds in order, the start time, or another column. */
export type RunKey = { kind: "indexed" | "start" | "other"; name: string; isAscending: boolean; toSort: (values: SqlValues) => SortKey; values?: KeyedValues };

/** Where the values of a metric, param or tag stand. */
export type KeyedValues = {
  entity: "metric" | "param" | "tag";
  key: string;
  table: string;
  /** On the alias m; undefined: the metric was never logged. */
  isKey: ((values: SqlValues) => string) | undefined;
  type: "float8" | "text";
};

/** A text longer than this stands in its index by its beginning. */
export const indexedLength = 128;

const columns: Record<string, Omit<SortKey, "isAscending">> = {
  run_id: { sql: "r.id", type: "text" },
  run_name: { sql: `r.name COLLATE "C"`, type: "text" },
  user_id: { sql: `r."userId" COLLATE "C"`, type: "text" },
  status: { sql: `r.status COLLATE "C"`, type: "text" },
  artifact_uri: { sql: `r."artifactUri" COLLATE "C"`, type: "text" },
  start_time: { sql: `r."startTimeMs"`, type: "int8" },
  end_time: { sql: `r."endTimeMs"`, type: "int8", isNullable: true },
};

/**
 * The keys asked for; then the newest start, then the id, which no two runs share. `isByBytes`: the database orders texts by their
 * bytes of itself, so its indexes of texts serve.
 */
export function toRunKeys(order: OrderKey[], keyIds: KeyIds, isByBytes: boolean): RunKey[] {
  const keys = order.map((k) => toRunKey(k, keyIds, isByBytes));
  if (!keys.some((k) => k.name === "start_time")) keys.push(columnKey("start_time", false));
  if (!keys.some((k) => k.name === "run_id")) keys.push(columnKey("run_id", true));
  return keys.slice(0, keys.findIndex((k) => k.name === "run_id") + 1);
}

function toRunKey({ entity, key, isAscending }: OrderKey, keyIds: KeyIds, isByBytes: boolean): RunKey {
  if (entity === "metric") {
    const id = keyIds.get(key);
    const isKey = (values: SqlValues) => `m."keyId" = ${values.add(id ?? -1, "int")}`;
    const sql = (values: SqlValues) => `(SELECT m.value FROM "LatestMetric" m WHERE m."runSeq" = r.seq AND ${isKey(values)})`;
    return {
      kind: "indexed", name: `metric.${key}`, isAscending,
      toSort: (values) => ({ sql: sql(values), type: "float8", isAscending, isNullable: true }),
      values: { entity, key, table: `"LatestMetric"`, isKey: id === undefined ? undefined : isKey, type: "float8" },
    };
  }
  if (entity === "param" || entity === "tag") {
    const table = entity === "param" ? `"Param"` : `"Tag"`;
    const isKey = (values: SqlValues) => `m.key = ${values.add(key, "text")}`;
    const collation = isByBytes ? "" : ` COLLATE "C"`;
    const sql = (values: SqlValues) => `(SELECT m.value FROM ${table} m WHERE m."runSeq" = r.seq AND ${isKey(values)})${collation}`;
    return {
      kind: isByBytes ? "indexed" : "other", name: `${entity}.${key}`, isAscending,
      toSort: (values) => ({ sql: sql(values), type: "text", isAscending, isNullable: true }),
      values: { entity, key, table, isKey, type: "text" },
    };
  }
  return columnKey(key === "created" || key === "Created" ? "start_time" : key, isAscending);
}

function columnKey(name: string, isAscending: boolean): RunKey {
  const column = columns[name];
  if (!column) throw new Error(`no order by ${name}`);
  return { kind: name === "start_time" ? "start" : "other", name, isAscending, toSort: () => ({ ...column, isAscending }) };
}
