import { invalid } from "@/server/errors";

/*
 * JSON with int64 whole. Bodies: a number of 16 digits or more is marked before parsing and becomes a BigInt where a schema asks
 * for an int64. Answers: a BigInt is printed as raw digits, a NaN as the string "NaN", as MLflow does.
 */

const maxFields = 1000;
const mark = "\u0000n";
/** A string that never ends is one token as well: tried again from each quote inside it, it would cost the square of its length. */
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const isLongInteger = /^-?\d{16,}$/;
/** Whether the text may hold such a number at all; most bodies do not, and are parsed as they are. */
const mayHoldLongInteger = /[^\d.]\d{16,}[\s,}\]]/;

/** The digits of a marked number, or undefined for any other value. */
export const markedDigits = (value: unknown): string | undefined =>
  typeof value === "string" && value.startsWith(mark) ? value.slice(mark.length) : undefined;

/**
 * A request's body as an object with snake_case keys. No body is `{}`; a body that is a JSON string is parsed once more, as MLflow does.
 *
 * @throws DomainError `invalid` for broken JSON (the real server reads it as `{}`, which turns a cut-off search into one over everything).
 */
export function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let value = parse(text);
  if (typeof value === "string" && markedDigits(value) === undefined) value = parse(value);
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw badJson("a JSON object is expected.");
  // The largest message has some thirty.
  if (Object.keys(value).length > maxFields) throw badJson(`it has more than ${maxFields} fields.`);
  return (/"[a-z]+[A-Z]\w*"\s*:/.test(text) ? toSnakeCase(value, 0) : value) as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    const exact = mayHoldLongInteger.test(text) ? text.replace(token, (t) => (isLongInteger.test(t) ? JSON.stringify(mark + t) : t)) : text;
    return JSON.parse(exact);
  } catch {
    throw badJson("it is no valid JSON.");
  }
}

const badJson = (why: string) => invalid(`The request's body cannot be read: ${why}`);

/** Maps whose keys are the caller's own (a trace's tags and metadata), and JSON that is a value. Tags of other messages are lists. */
const mapFields = new Set(["tags", "metadata", "trace_metadata"]);

/** Protobuf's other spelling of field names. */
function toSnakeCase(value: unknown, depth: number): unknown {
  if (depth > 20 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((v) => toSnakeCase(v, depth + 1));
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const snake = key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    if (Object.hasOwn(result, snake)) throw invalid(`The field '${snake.slice(0, 100)}' is given in two spellings.`);
    const isOwn = snake === "value" || (mapFields.has(snake) && !Array.isArray(inner));
    Object.defineProperty(result, snake, { value: isOwn ? inner : toSnakeCase(inner, depth + 1), enumerable: true, writable: true, configurable: true });
  }
  return result;
}

export type Json = string | number | bigint | boolean | null | undefined | Json[] | { [key: string]: Json };

/** Pretty-printed by two blanks, like MLflow's answers. Undefined fields and empty lists are left out, by proto2's rules. */
export function printJson(value: { [key: string]: Json }): string {
  return print(value, "\n");
}

/** The same on one line, for what is printed by the thousand. */
export function printCompactJson(value: { [key: string]: Json }): string {
  return print(value, "");
}

function print(value: Json, indent: string): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? (Object.is(value, -0) ? "-0.0" : String(value)) : JSON.stringify(printNonFinite(value));
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
  }
  if (value === null) return "null";
  const inner = indent === "" ? "" : `${indent}  `;
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${inner}${value.map((v) => print(v, inner)).join(`,${inner}`)}${indent}]`;
  const parts: string[] = [];
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field === undefined || (Array.isArray(field) && field.length === 0)) continue;
    parts.push(`${JSON.stringify(key)}: ${print(field, inner)}`);
  }
  return parts.length === 0 ? "{}" : `{${inner}${parts.join(`,${inner}`)}${indent}}`;
}

const printNonFinite = (value: number) => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
