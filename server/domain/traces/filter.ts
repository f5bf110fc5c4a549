import { invalid } from "@/server/errors";
import { lex, shown, type Token } from "../search";
import { sessionKey, sourceRun, traceName } from "./check";

/*
 * MLflow's filter language for traces: clauses joined by AND. Beside attributes, tags and metadata it asks for spans, for what was
 * judged, and for regular expressions, so it has a grammar of its own on the lexer of the others.
 */

export const comparators = ["=", "!=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"] as const;
export type TraceComparator = (typeof comparators)[number];

export type NumberColumn = "timestampMs" | "executionMs" | "endMs";
export type TextColumn = "id" | "state" | "clientRequestId" | "name" | "sessionId";
export type Target =
  | { kind: "number"; column: NumberColumn }
  | { kind: "text"; column: TextColumn }
  | { kind: "tag" | "metadata"; key: string }
  | { kind: "span"; field: "name" | "type" | "status" | "content" }
  | { kind: "spanAttribute"; key: string }
  | { kind: "feedback" | "expectation"; key: string }
  | { kind: "issue" | "prompt" | "run" }
  /** Told apart from the others in orders only. */
  | { kind: "experiment" };
export type TraceClause = { target: Target; comparator: TraceComparator; value: string | string[] | null };

const maxClauses = 256;
const numberPattern = /^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

const text = ["=", "!=", "LIKE", "ILIKE", "RLIKE"] as const;
const textAndList = [...text, "IN", "NOT IN"] as const;
const textAndNull = [...text, "IS NULL", "IS NOT NULL"] as const;
const number = ["=", "!=", ">", ">=", "<", "<="] as const;

const attributes: Record<string, Target> = {
  request_id: { kind: "text", column: "id" },
  status: { kind: "text", column: "state" },
  client_request_id: { kind: "text", column: "clientRequestId" },
  timestamp: { kind: "number", column: "timestampMs" },
  timestamp_ms: { kind: "number", column: "timestampMs" },
  execution_time: { kind: "number", column: "executionMs" },
  execution_time_ms: { kind: "number", column: "executionMs" },
  end_time: { kind: "number", column: "endMs" },
  end_time_ms: { kind: "number", column: "endMs" },
  name: { kind: "text", column: "name" },
  run_id: { kind: "run" },
  prompt: { kind: "prompt" },
  text: { kind: "span", field: "content" },
};
const orderAttributes: Record<string, Target> = { ...attributes, experiment_id: { kind: "experiment" } };
for (const key of ["client_request_id", "prompt", "text"]) delete orderAttributes[key];

const entities: Record<string, "tag" | "metadata" | "attribute" | "span" | "feedback" | "expectation" | "issue"> = {
  tag: "tag", tags: "tag", metadata: "metadata", request_metadata: "metadata", attribute: "attribute", attributes: "attribute", trace: "attribute", span: "span",
  feedback: "feedback", expectation: "expectation", issue: "issue",
};

/** @throws DomainError `invalid`, with MLflow's words where it has some. */
export function parseTraceFilter(filter: string | undefined): TraceClause[] {
  if (filter === undefined || filter.trim() === "") return [];
  const tokens = lex(filter);
  const clauses: TraceClause[] = [];
  for (let at = 0; ; ) {
    const start = at;
    const { target, next } = readTarget(tokens, at, attributes);
    const read = readComparator(tokens, next);
    const isAllowed = read && (comparatorsOf(target) as readonly string[]).includes(read.comparator);
    if (!isAllowed) throw invalid(`Invalid comparator '${(read?.comparator ?? tokens[next]?.raw ?? "").slice(0, 60)}' not one of '${comparatorsOf(target).join("', '")}', in ${around(tokens, start)}`);
    const value = readValue(tokens, read.next, target, read.comparator, start);
    clauses.push({ target, comparator: read.comparator, value: value.value });
    if (clauses.length > maxClauses) throw invalid(`Invalid filter string: it has more than ${maxClauses} clauses.`);
    at = value.next;
    if (at >= tokens.length) return clauses;
    if (wordAt(tokens, at) !== "AND") throw invalid(`Invalid clause(s) in filter string: ${shown(tokens[at]?.raw ?? "")}`);
    at++;
    if (at >= tokens.length) throw invalid("Invalid clause(s) in filter string: 'AND' at the end");
  }
}

/** One item of `order_by`. @throws DomainError `invalid`. */
export function parseTraceOrder(item: string): { target: Target; isAscending: boolean } {
  const tokens = lex(item);
  if (tokens.length === 0) throw invalid(`Invalid order_by clause ${shown(item)}. Could not be parsed.`);
  const { target, next } = readTarget(tokens, 0, orderAttributes);
  const direction = wordAt(tokens, next);
  const isPlain = next === tokens.length;
  if (!isPlain && (next + 1 !== tokens.length || (direction !== "ASC" && direction !== "DESC"))) throw invalid(`Invalid order_by clause ${shown(item)}. Could not be parsed.`);
  if (!["number", "text", "tag", "metadata", "run", "experiment"].includes(target.kind)) throw invalid(`Invalid identifier type '${target.kind}'`);
  return { target, isAscending: direction !== "DESC" };
}

function readTarget(tokens: Token[], at: number, valid: Record<string, Target>): { target: Target; next: number } {
  const first = tokens[at];
  if (first?.kind !== "word" || first.quote === "'") throw invalid(`Invalid clause(s) in filter string: ${around(tokens, at)}`);
  const dot = first.quote === undefined ? first.text.indexOf(".") : -1;
  if (dot < 0) return { target: attribute(first.text, valid), next: at + 1 };
  const name = first.text.slice(0, dot);
  const entity = Object.hasOwn(entities, name) ? entities[name] : undefined;
  if (!entity) throw invalid(`Invalid entity type ${shown(name)}. Valid values are ${Object.keys(entities).join(", ")}`);
  // tags.`a b`, and span.attributes.`a b`: the quoted part belongs to the key when nothing stands between.
  const quoted = tokens[at + 1];
  const hasQuoted = first.text.endsWith(".") && quoted?.kind === "word" && quoted.quote !== undefined && quoted.isGlued;
  const key = first.text.slice(dot + 1) + (hasQuoted ? quoted.text : "");
  const next = at + (hasQuoted ? 2 : 1);
  return { target: entity === "attribute" ? attribute(key, valid) : keyed(entity, key), next };
}

function attribute(key: string, valid: Record<string, Target>): Target {
  const target = Object.hasOwn(valid, key) ? valid[key] : undefined;
  if (!target) throw invalid(`Invalid attribute key ${shown(key)} specified. Valid keys are '${Object.keys(valid).join("', '")}'`);
  return target;
}

function keyed(entity: "tag" | "metadata" | "span" | "feedback" | "expectation" | "issue", key: string): Target {
  if (entity === "issue") {
    if (key !== "id") throw invalid(`Invalid issue attribute ${shown(key)}. Supported attributes: id`);
    return { kind: "issue" };
  }
  if (entity === "span") {
    if (key === "attributes.") throw invalid("Span attribute name cannot be empty after 'attributes.'");
    if (key.startsWith("attributes.")) return { kind: "spanAttribute", key: key.slice("attributes.".length) };
    if (key === "name" || key === "type" || key === "status" || key === "content") return { kind: "span", field: key };
    throw invalid(`Invalid span attribute ${shown(key)}. Supported attributes: name, status, type, attributes.<attribute_name>.`);
  }
  if (key === "") throw invalid(`Invalid clause(s) in filter string: a key is missing after '${entity}.'`);
  if (entity === "tag" && (key === traceName || key === "name")) return { kind: "text", column: "name" };
  if (entity === "tag" && (key === "prompt" || key === "mlflow.linkedPrompts")) return { kind: "prompt" };
  if (entity === "metadata" && key === sessionKey) return { kind: "text", column: "sessionId" };
  if (entity === "metadata" && (key === sourceRun || key === "run_id")) return { kind: "run" };
  return { kind: entity, key };
}

function comparatorsOf(target: Target): readonly TraceComparator[] {
  switch (target.kind) {
    case "number":
      return number;
    case "text":
      return target.column === "name" || target.column === "sessionId" ? textAndNull : textAndList;
    case "span":
      return target.field === "content" ? ["LIKE", "ILIKE"] : textAndList;
    case "spanAttribute":
      return textAndList;
    case "feedback":
    case "expectation":
      return [...textAndNull, ">", ">=", "<", "<="];
    case "issue":
    case "prompt":
      return ["="];
    default:
      return textAndNull;
  }
}

const wordAt = (tokens: Token[], at: number): string | undefined => {
  const t = tokens[at];
  return t?.kind === "word" && t.quote === undefined ? t.text.toUpperCase() : undefined;
};

function readComparator(tokens: Token[], at: number): { comparator: TraceComparator; next: number } | undefined {
  const token = tokens[at];
  if (token?.kind === "op") return (comparators as readonly string[]).includes(token.text) ? { comparator: token.text as TraceComparator, next: at + 1 } : undefined;
  for (const comparator of comparators) {
    const words = comparator.split(" ");
    // The longer ones are tried as well: IS NULL is no beginning of IS NOT NULL.
    if (words.every((word, i) => wordAt(tokens, at + i) === word)) return { comparator, next: at + words.length };
  }
  return undefined;
}

function readValue(tokens: Token[], at: number, target: Target, comparator: TraceComparator, start: number): { value: TraceClause["value"]; next: number } {
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return { value: null, next: at };
  if (comparator === "IN" || comparator === "NOT IN") return readList(tokens, at, start);
  const token = tokens[at];
  if (token?.kind !== "word") throw invalid(`Invalid clause(s) in filter string: ${around(tokens, start)}. A value is missing.`);
  const isQuoted = token.quote === "'" || token.quote === '"';
  const isJudged = target.kind === "feedback" || target.kind === "expectation";
  if (target.kind === "number" || (isJudged && [">", ">=", "<", "<="].includes(comparator))) {
    if ((isQuoted && isJudged) || !numberPattern.test(token.text.trim()) || !Number.isFinite(Number(token.text))) {
      throw invalid(isJudged ? `Expected a numeric value for ${target.kind} when using comparator '${comparator}'. Got value ${token.raw.slice(0, 100)}` : `Expected a numeric value. Got ${shown(token.raw)}`);
    }
    return { value: token.text.trim(), next: at + 1 };
  }
  if (!isQuoted) throw invalid(`Expected a quoted string value for ${target.kind} (e.g. 'my-value'). Got value ${token.raw.slice(0, 100)}`);
  if (target.kind === "prompt" && !/^[^/]*\/[^/]*$/.test(token.text)) {
    throw invalid(`Invalid prompts filter value ${shown(token.text)}. Expected format: prompt = "name/version"`);
  }
  return { value: token.text, next: at + 1 };
}

function readList(tokens: Token[], at: number, start: number): { value: string[]; next: number } {
  const bad = () => invalid(`Invalid clause(s) in filter string: ${around(tokens, start)}. Write a list of quoted strings, such as ('a', 'b').`);
  const is = (i: number, mark: string) => tokens[i]?.kind === "punctuation" && tokens[i].text === mark;
  if (!is(at, "(")) throw bad();
  const value: string[] = [];
  for (let i = at + 1; ; ) {
    const item = tokens[i];
    if (item?.kind !== "word" || (item.quote !== "'" && item.quote !== '"')) throw bad();
    value.push(item.text);
    i++;
    if (is(i, ",")) i++;
    else if (!is(i, ")")) throw bad();
    if (is(i, ")")) return { value, next: i + 1 };
  }
}

const around = (tokens: Token[], from: number): string => shown(tokens.slice(from, from + 4).map((t) => t.raw).join(" "));
