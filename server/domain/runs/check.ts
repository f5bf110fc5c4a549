import { invalid } from "@/server/errors";
import { checkKeyName } from "../names";

export const maxParamLength = 6000;
export const maxTagLength = 8000;
const maxInt64 = 2n ** 63n - 1n;

/** A field's name for a message; given as a function where making it for each of thousands would cost more than the check. */
export type FieldName = string | (() => string);
const nameOf = (field: FieldName) => (typeof field === "string" ? field : field());

/** MLflow's rule for the names of metrics, params and tags; `noun` is what a name that is too long is called. @throws DomainError `invalid`. */
export function checkKey(key: string, fieldName: FieldName, noun?: string): void {
  // The plain names that nearly all are.
  if (/^[A-Za-z0-9_][\w.-]{0,200}$/.test(key)) return;
  const field = nameOf(fieldName);
  if (key === "") throw missing(field);
  checkKeyName(key, field, noun);
}

export const missing = (field: string) =>
  invalid(`Missing value for required parameter '${field}'. See the API docs for more information about request parameters.`);

/** Long values are cut, not refused, as MLflow does. */
export function cut(value: string, maxLength: number): string {
  return value.length <= maxLength ? value : [...value].slice(0, maxLength).join("");
}

/** ±Infinity is kept as the largest double, as MLflow keeps it. */
export function clampValue(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
  return value;
}

export function checkTimestamp(timestampMs: bigint, field: FieldName): bigint {
  if (timestampMs < 0n || timestampMs > maxInt64) {
    throw invalid(`Invalid value ${timestampMs} for parameter '${nameOf(field)}' supplied: Timestamp must be a nonnegative long (64-bit integer)`);
  }
  return timestampMs;
}

export function checkStep(step: bigint, field: FieldName): bigint {
  if (step > maxInt64 || step < -maxInt64 - 1n) throw invalid(`Invalid value for parameter '${nameOf(field)}' supplied: it is no int64.`);
  return step;
}
