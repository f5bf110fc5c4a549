import { z } from "zod";
import { pythonJson } from "@/server/domain/names";
import { DomainError } from "@/server/errors";
import { markedDigits } from "../json";

/*
 * Proto fields as MLflow's clients write them: null is absent, "" is missing where a text is required, int64 come as numbers or
 * as texts ("5", "1e+05", " 5"), enums by name.
 */

const seeDocs = " See the API docs for more information about request parameters.";

const missingMark = "missing";
/** The hint is what the value was, as in MLflow's words. */
const typeHint = "type";

const fits = (text: string) => text.isWellFormed() && !text.includes("\u0000");
const plainText = z.string().refine(fits, { message: "It holds characters that cannot be stored." });

/** The values of one name in a query: a list where a list is asked for, else the first of them, as in MLflow. */
export class QueryValues {
  constructor(readonly values: string[]) {}
}

const absent = (value: unknown) => (value === null ? undefined : value instanceof QueryValues ? value.values[0] : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(absent, schema.optional());

export const text = optional(plainText);
/** Required: absent, null and "" are all missing. */
export const required = z.preprocess((v) => {
  const value = absent(v);
  return value === "" ? undefined : value;
}, plainText);

function readInt64(value: unknown): bigint | undefined {
  const digits = markedDigits(value);
  if (digits !== undefined) return inRange(/^-?\d+$/.test(digits) ? BigInt(digits) : integerOf(digits));
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : undefined;
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  if (/^[+-]?\d{1,25}$/.test(trimmed)) return inRange(BigInt(trimmed.replace(/^\+/, "")));
  return /^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value) ? inRange(integerOf(value)) : undefined;
}

function integerOf(text: string): bigint | undefined {
  const number = Number(text);
  return Number.isInteger(number) && Math.abs(number) < 2 ** 63 ? BigInt(number) : undefined;
}

const inRange = (value: bigint | undefined) => (value !== undefined && value < 2n ** 63n && value >= -(2n ** 63n) ? value : undefined);

const exactInt64 = z.unknown().transform((value, ctx): bigint => {
  const read = readInt64(value);
  if (read !== undefined) return read;
  ctx.issues.push({ code: "custom", input: value, message: value === undefined ? missingMark : typeHint });
  return z.NEVER;
});

export const int64 = optional(exactInt64);
export const requiredInt64 = z.preprocess(absent, exactInt64);
/** For counts such as max_results. */
export const int32 = optional(exactInt64.transform((value) => Number(value)));

/** A metric's value: a number, a numeric text, NaN and the infinities as text; JSON true is 1. */
export const double = z.unknown().transform((value, ctx): number => {
  const read = readDouble(value);
  if (read !== undefined) return read;
  ctx.issues.push({ code: "custom", input: value, message: value === undefined || value === null || value === "" ? missingMark : typeHint });
  return z.NEVER;
});

function readDouble(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return Number(value);
  const text = markedDigits(value) ?? (typeof value === "string" ? value.trim() : undefined);
  if (text === undefined) return undefined;
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export const bool = optional(
  z.unknown().transform((value, ctx): boolean => {
    if (typeof value === "boolean") return value;
    if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
    ctx.issues.push({ code: "custom", input: value, message: typeHint });
    return z.NEVER;
  }),
);

/** An enum by name, or by its proto number when `numbers` lists names in that order. */
export const oneOf = <const T extends readonly string[]>(names: T, firstNumber = 1) =>
  optional(
    z.preprocess((value) => {
      const index = typeof value === "number" ? value : typeof value === "string" && /^\d$/.test(value) ? Number(value) : undefined;
      return index === undefined ? value : (names[index - firstNumber] ?? value);
    }, z.enum(names)),
  );

/** A repeated field; a single query parameter is a list of one. */
export const list = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === null || value === undefined ? [] : value instanceof QueryValues ? value.values : value), z.array(item));

/** The same where MLflow insists that the list is named, be it empty. */
export const requiredList = <T extends z.ZodType>(item: T) => z.preprocess((value) => (value === null ? undefined : value instanceof QueryValues ? value.values : value), z.array(item));

const valueText = z.preprocess((v) => absent(v) ?? "", plainText);
export const keyValue = z.object({ key: required, value: valueText });
export const keyValues = plainOr(readPlainPairs, list(keyValue));

/** A long list is read by hand where each item is of the plain kind; else by the schema, which knows the words for what is wrong. */
export function plainOr<T>(readPlain: (value: unknown) => T | undefined, schema: z.ZodType<T>) {
  return z.preprocess(
    (value) => value ?? [],
    z.unknown().transform((value, ctx): T => {
      const plain = readPlain(value);
      if (plain) return plain;
      const read = schema.safeParse(value, { reportInput: true });
      if (read.success) return read.data;
      ctx.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: issue.input }) as (typeof ctx.issues)[number]));
      return z.NEVER;
    }),
  );
}

function readPlainPairs(value: unknown): { key: string; value: string }[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const plain: { key: string; value: string }[] = [];
  for (const pair of value as Record<string, unknown>[]) {
    if (typeof pair !== "object" || pair === null) return undefined;
    const { key, value: text } = pair;
    if (typeof key !== "string" || key === "" || !fits(key) || typeof text !== "string" || !fits(text)) return undefined;
    plain.push({ key, value: text });
  }
  return plain;
}

/** Where a key that is empty is a bad name and not a missing one: in the tags of what is being made. */
export const looseKeyValues = list(z.object({ key: valueText, value: valueText }));

/** A request that names its run by run_id or, as older clients do, by run_uuid; run_id wins. */
export const runIdOf = (input: { run_id?: string; run_uuid?: string }): string => {
  const id = input.run_id || input.run_uuid;
  if (!id) throw missingField("run_id");
  return id;
};

/** A run's id where MLflow checks its form before it looks for the run. */
export const wellFormedRunId = required.transform((value): string => {
  if (/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(value)) return value;
  throw new DomainError("invalid", `Invalid value ${pythonJson(clip(value))} for parameter 'run_id' supplied.`);
});

/** Whole numbers as Python's int() reads them. Undefined for any other text. */
export const pythonInt = (text: string): number | undefined => (/^\s*[+-]?\d{1,18}\s*$/.test(text) ? Number(text) : undefined);

/** Experiment ids are decimal texts. */
export const experimentId = required.transform((value): number => {
  const id = pythonInt(value);
  if (id !== undefined) return id;
  throw new DomainError("invalid", `Invalid experiment ID '${clip(value)}'. Experiment ID must be a valid integer.`);
});

export const missingField = (field: string) => new DomainError("invalid", `Missing value for required parameter '${field}'.${seeDocs}`);

/** @throws DomainError `invalid` in MLflow's words, which name the first field that is off. */
export function readInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue ? pathText(issue.path) : "";
  const value = issue?.input;
  if (!issue || value === undefined || issue.message === missingMark) throw missingField(field || "body");
  const digits = markedDigits(value);
  const given = absent(value);
  const shown = digits ?? pythonJson(typeof given === "string" ? clip(given) : given);
  const hint = issue.code === "custom" && issue.message !== typeHint && digits === undefined ? issue.message : `Value was of type '${pythonType(given)}'.`;
  throw new DomainError("invalid", `Invalid value ${clip(shown)} for parameter '${field}' supplied:  Hint: ${hint}${seeDocs}`);
}

const pathText = (path: readonly PropertyKey[]) =>
  path.map((p, i) => (typeof p === "number" ? `[${p}]` : `${i === 0 ? "" : "."}${String(p)}`)).join("");
const clip = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function pythonType(value: unknown): string {
  if (value === null) return "NoneType";
  if (markedDigits(value) !== undefined) return "int";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  return Array.isArray(value) ? "list" : "dict";
}
