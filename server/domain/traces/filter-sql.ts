import { invalid } from "@/server/errors";
import { compareText, type SqlValues } from "../search";
import { sessionKey, sourceRun } from "./check";
import type { Target, TraceClause } from "./filter";

const maxPatternLength = 2_000;

/** How a trace's own columns are read: `t` is the trace. */
export const numberSql = { timestampMs: `t."timestampMs"`, executionMs: `t."executionMs"`, endMs: `(t."timestampMs" + coalesce(t."executionMs", 0))` } as const;
export const textSql = { id: "t.id", state: "t.state", clientRequestId: `t."clientRequestId"`, name: "t.name", sessionId: `t."sessionId"` } as const;

/** The clauses as conditions. All that ask for a span must hold for one span, as in MLflow. `experiments` is the SQL list of those searched. */
export function filterSql(clauses: readonly TraceClause[], values: SqlValues, experiments: string): string[] {
  const spans = clauses.filter((c) => c.target.kind === "span" || c.target.kind === "spanAttribute").map((c) => spanSql(c, values));
  const rest = clauses.filter((c) => c.target.kind !== "span" && c.target.kind !== "spanAttribute").map((c) => clauseSql(c, values, experiments));
  if (spans.length === 0) return rest;
  const matching = `FROM "Span" s WHERE s."traceSeq" = t.seq AND ${spans.join(" AND ")}`;
  // Attributes are read out of JSON: trace by trace, so that a page is full before all spans were looked at.
  const isCostly = clauses.some((c) => c.target.kind === "spanAttribute");
  return [...rest, isCostly ? `(SELECT true ${matching} LIMIT 1)` : `EXISTS (SELECT 1 ${matching})`];
}

function clauseSql(clause: TraceClause, values: SqlValues, experiments: string): string {
  const { target } = clause;
  switch (target.kind) {
    case "number":
      return numberCompare(numberSql[target.column], clause, values);
    case "text":
      return textCompare(textSql[target.column], clause, values);
    case "tag":
    case "metadata":
      return textCompare(textOf(target, values), clause, values);
    case "run":
      return clause.comparator === "=" ? runSql(clause, values) : textCompare(`(t.metadata ->> '${sourceRun}')`, clause, values);
    case "prompt":
      return promptSql(clause, values);
    case "issue":
      return `EXISTS (SELECT 1 FROM "Assessment" a WHERE a."traceSeq" = t.seq AND a.kind = 'issue' AND a.name = ${values.add(clause.value, "text")})`;
    case "feedback":
    case "expectation":
      return assessmentSql(clause, target, values, experiments);
    default:
      throw invalid(`Invalid search expression type '${target.kind}'`);
  }
}

/** A tag or a piece of metadata, NULL where there is none. */
export const textOf = (target: { kind: "tag" | "metadata"; key: string }, values: SqlValues): string =>
  `(t.${target.kind === "tag" ? "tags" : "metadata"} ->> ${values.add(target.key, "text")})`;

/** Those made in the run, and those linked to it later. As a set, so that both are found by their indexes. */
function runSql(clause: TraceClause, values: SqlValues): string {
  const run = values.add(clause.value, "text");
  return `t.seq IN (SELECT o.seq FROM "Trace" o WHERE o.metadata ? '${sourceRun}' AND o.metadata ->> '${sourceRun}' = ${run}
    UNION SELECT l."traceSeq" FROM "TraceLink" l WHERE l.kind = 'run' AND l.target = ${run})`;
}

const promptSql = (clause: TraceClause, values: SqlValues): string =>
  `EXISTS (SELECT 1 FROM "TraceLink" l WHERE l.kind = 'prompt' AND l.target = ${values.add(clause.value, "text")} AND l."traceSeq" = t.seq)`;

function spanSql(clause: TraceClause, values: SqlValues): string {
  if (clause.target.kind === "span") return textCompare(`s.${clause.target.field}`, clause, values);
  if (clause.target.kind !== "spanAttribute") throw new Error("no span's clause");
  // Attributes are JSON texts within the span's JSON: a string is compared without its quotes, all else as it is written.
  const key = values.add(clause.target.key, "text");
  const json = `(s.content::jsonb -> 'attributes' ->> ${key})`;
  return `(strpos(s.content, to_json(${key})::text) > 0 AND ${textCompare(`(CASE WHEN left(${json}, 1) = '"' THEN ${json}::jsonb #>> '{}' ELSE ${json} END)`, clause, values)})`;
}

/** Also what was judged of the whole session: an assessment whose metadata name it holds for each of the session's traces. */
function assessmentSql(clause: TraceClause, target: { kind: "feedback" | "expectation"; key: string }, values: SqlValues, experiments: string): string {
  const isNullCheck = clause.comparator === "IS NULL" || clause.comparator === "IS NOT NULL";
  const of = `a.kind = '${target.kind}' AND a.name = ${values.add(target.key, "text")} AND a."isValid"${isNullCheck ? "" : ` AND ${judgedSql(clause, values)}`}`;
  const direct = `EXISTS (SELECT 1 FROM "Assessment" a WHERE a."traceSeq" = t.seq AND ${of})`;
  const bySession = `(t."sessionId" IS NOT NULL AND t."sessionId" IN (SELECT o."sessionId" FROM "Trace" o JOIN "Assessment" a ON a."traceSeq" = o.seq
    WHERE o."experimentId" = ANY(${experiments}) AND ${of} AND a.metadata ? '${sessionKey}'))`;
  const either = `(${direct} OR ${bySession})`;
  return clause.comparator === "IS NULL" ? `NOT ${either}` : either;
}

/** Values are JSON texts: `'yes'` finds "yes", `'true'` finds true, `'1'` finds 1.0. */
function judgedSql(clause: TraceClause, values: SqlValues): string {
  const { comparator, value } = clause;
  if (typeof value !== "string") throw new Error("no value");
  if ([">", ">=", "<", "<="].includes(comparator)) return `a.number ${comparator} ${values.add(value, "float8")}`;
  if (comparator !== "=" && comparator !== "!=") return textCompare("a.value", clause, values);
  const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value);
  const same = [`a.value = ${values.add(value, "text")}`, `a.value = ${values.add(JSON.stringify(value), "text")}`, ...(isNumber ? [`coalesce(a.number = ${values.add(value, "float8")}, false)`] : [])];
  return `${comparator === "!=" ? "NOT " : ""}(${same.join(" OR ")})`;
}

function textCompare(column: string, { comparator, value }: TraceClause, values: SqlValues): string {
  if (comparator !== "RLIKE") return compareText(column, { comparator, value }, values);
  if (typeof value !== "string" || value.length > maxPatternLength) throw invalid(`Invalid regular expression: it is longer than ${maxPatternLength} characters.`);
  return `${column} ~ ${values.add(value, "text")}`;
}

function numberCompare(column: string, { comparator, value }: TraceClause, values: SqlValues): string {
  const operator = comparator === "!=" ? "<>" : comparator;
  // Whole numbers as int8, so that the index serves.
  const isWhole = typeof value === "string" && /^[+-]?\d{1,18}$/.test(value);
  return `${column} ${operator} ${values.add(value, isWhole ? "int8" : "float8")}`;
}

export type { Target };
