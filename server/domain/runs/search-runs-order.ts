import type { OrderKey, SortKey, SqlValues } from "../search";
import type { KeyIds } from "./search-runs-filter";

/** A key of a run order. Metrics are told apart, as their index holds them in order; so is the start time. */
export type RunKey = { kind: "metric" | "start" | "other"; name: string; isAscending: boolean; toSort: (values: SqlValues) => SortKey };

const columns: Record<string, Omit<SortKey, "isAscending">> = {
  run_id: { sql: "r.id", type: "text" },
  run_name: { sql: `r.name COLLATE "C"`, type: "text" },
  user_id: { sql: `r."userId" COLLATE "C"`, type: "text" },
  status: { sql: `r.status COLLATE "C"`, type: "text" },
  artifact_uri: { sql: `r."artifactUri" COLLATE "C"`, type: "text" },
  start_time: { sql: `r."startTimeMs"`, type: "int8" },
  end_time: { sql: `r."endTimeMs"`, type: "int8", isNullable: true },
};

/** The keys asked for; then the newest start, then the id, which no two runs share. */
export function toRunKeys(order: OrderKey[], keyIds: KeyIds): RunKey[] {
  const keys = order.map((k) => toRunKey(k, keyIds));
  if (!keys.some((k) => k.name === "start_time")) keys.push(columnKey("start_time", false));
  if (!keys.some((k) => k.name === "run_id")) keys.push(columnKey("run_id", true));
  return keys.slice(0, keys.findIndex((k) => k.name === "run_id") + 1);
}

function toRunKey({ entity, key, isAscending }: OrderKey, keyIds: KeyIds): RunKey {
  if (entity === "attribute") return columnKey(key === "created" || key === "Created" ? "start_time" : key, isAscending);
  if (entity === "metric") {
    const sql = (values: SqlValues) => `(SELECT m.value FROM "LatestMetric" m WHERE m."runSeq" = r.seq AND m."keyId" = ${values.add(keyIds.get(key) ?? -1)})`;
    return { kind: "metric", name: key, isAscending, toSort: (values) => ({ sql: sql(values), type: "float8", isAscending, isNullable: true }) };
  }
  const table = entity === "param" ? `"Param"` : `"Tag"`;
  const sql = (values: SqlValues) => `(SELECT p.value FROM ${table} p WHERE p."runSeq" = r.seq AND p.key = ${values.add(key)}) COLLATE "C"`;
  return { kind: "other", name: `${entity}.${key}`, isAscending, toSort: (values) => ({ sql: sql(values), type: "text", isAscending, isNullable: true }) };
}

function columnKey(name: string, isAscending: boolean): RunKey {
  const column = columns[name];
  if (!column) throw new Error(`no order by ${name}`);
  return { kind: name === "start_time" ? "start" : "other", name, isAscending, toSort: () => ({ ...column, isAscending }) };
}
