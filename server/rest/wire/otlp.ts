import type { AnyValue, Attributes, NewSpan } from "@/server/domain/traces";
import { parsePythonJson } from "@/server/domain/traces";
import { decodeProtobuf } from "./otlp-schema";

/*
 * OTLP's trace request, as protobuf or as JSON, to spans. Both are read into the same fields: in JSON ids are hex digits and int64
 * may be texts; in protobuf ids are bytes and int64 are pairs of 32 bits.
 */

/** What is wrong with a request, in a few words. */
export class OtlpFault extends Error {}

type Fields = { [key: string]: unknown };
const maxDepth = 64;

/** @throws OtlpFault for a body that is no such request, or has nothing in it. */
export async function readOtlp(body: Buffer, isJson: boolean): Promise<NewSpan[]> {
  let request: unknown;
  try {
    request = isJson ? parsePythonJson(new TextDecoder("utf-8", { fatal: true }).decode(body)) : await decodeProtobuf(body);
  } catch {
    throw new OtlpFault("Invalid OpenTelemetry format");
  }
  const groups = list(fieldsOf(request), "resourceSpans");
  if (groups.length === 0) throw new OtlpFault("Invalid OpenTelemetry format - no spans found");
  const spans: NewSpan[] = [];
  for (const group of groups) {
    const resource = attributesOf(fieldsOf(get(group, "resource") ?? {}));
    for (const scope of list(group, "scopeSpans")) {
      for (const span of list(scope, "spans")) spans.push(toSpan(span, resource));
    }
  }
  return spans;
}

function toSpan(span: Fields, resource: Attributes): NewSpan {
  const status = fieldsOf(get(span, "status") ?? {});
  const parent = get(span, "parentSpanId");
  return {
    traceId: id(get(span, "traceId"), 16, "trace_id"),
    spanId: id(get(span, "spanId"), 8, "span_id"),
    parentSpanId: isEmpty(parent) ? null : id(parent, 8, "parent_span_id"),
    name: text(get(span, "name")),
    startNano: nano(get(span, "startTimeUnixNano")),
    endNano: nano(get(span, "endTimeUnixNano")),
    status: statusOf(get(status, "code")),
    statusMessage: text(get(status, "message")),
    attributes: attributesOf(span),
    events: list(span, "events").map((e) => ({ name: text(get(e, "name")), timeNano: nano(get(e, "timeUnixNano")), attributes: attributesOf(e) })),
    // Some producers send wider ids in links; such a link is left out, not its span.
    links: list(span, "links").flatMap((l) => {
      try {
        return [{ traceId: id(get(l, "traceId"), 16, "trace_id"), spanId: id(get(l, "spanId"), 8, "span_id"), attributes: attributesOf(l) }];
      } catch {
        return [];
      }
    }),
    resource,
  };
}

function statusOf(code: unknown): NewSpan["status"] {
  if (code === 1 || code === 1n || code === "STATUS_CODE_OK") return "OK";
  if (code === 2 || code === 2n || code === "STATUS_CODE_ERROR") return "ERROR";
  return "UNSET";
}

function attributesOf(fields: Fields): Attributes {
  const attributes: Attributes = new Map();
  for (const pair of list(fields, "attributes")) attributes.set(text(get(pair, "key")), anyValue(get(pair, "value"), 0));
  return attributes;
}

function anyValue(value: unknown, depth: number): AnyValue {
  if (depth > maxDepth) throw new OtlpFault("Invalid OpenTelemetry format - an attribute is nested too deep");
  if (value === undefined || value === null) return null;
  const fields = fieldsOf(value);
  const inner = (name: string) => get(fields, name);
  if (inner("stringValue") !== undefined) return text(inner("stringValue"));
  if (inner("boolValue") !== undefined) return inner("boolValue") === true;
  if (inner("intValue") !== undefined) return int64(inner("intValue"));
  if (inner("doubleValue") !== undefined) return Number(inner("doubleValue"));
  if (inner("arrayValue") !== undefined) return list(fieldsOf(inner("arrayValue")), "values").map((v) => anyValue(v, depth + 1));
  if (inner("bytesValue") !== undefined) {
    const bytes = inner("bytesValue");
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : text(bytes);
  }
  if (inner("kvlistValue") === undefined) return null;
  const object: { [key: string]: AnyValue } = {};
  for (const pair of list(fieldsOf(inner("kvlistValue")), "values")) {
    Object.defineProperty(object, text(get(pair, "key")), { value: anyValue(get(pair, "value"), depth + 1), enumerable: true, configurable: true, writable: true });
  }
  return object;
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new OtlpFault("Invalid OpenTelemetry format");
  return value as Fields;
}

/** A field that was sent; protobuf's defaults stand on the prototype. JSON may spell it in snake_case. */
function get(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name] ?? undefined;
  const snake = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  return snake !== name && Object.hasOwn(fields, snake) ? (fields[snake] ?? undefined) : undefined;
}

function list(fields: Fields, name: string): Fields[] {
  const value = get(fields, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new OtlpFault("Invalid OpenTelemetry format");
  return value.map(fieldsOf);
}

/** PostgreSQL holds neither NUL nor half a surrogate pair. */
function text(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw new OtlpFault("Invalid OpenTelemetry format");
  return value.includes("\u0000") ? value.replaceAll("\u0000", "").toWellFormed() : value.toWellFormed();
}

const isEmpty = (value: unknown): boolean => value === undefined || value === "" || (value instanceof Uint8Array && value.length === 0);

/** Hex digits of full width. */
function id(value: unknown, byteCount: number, name: string): string {
  const hex = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : typeof value === "string" ? value.toLowerCase() : "";
  if (!/^([0-9a-f]{2})+$/.test(hex)) throw new OtlpFault(`Cannot convert OpenTelemetry span to MLflow span: it has no ${name}`);
  if (hex.length > byteCount * 2) throw new OtlpFault(`Cannot convert OpenTelemetry span to MLflow span: its ${name} is longer than ${byteCount} bytes`);
  return hex.padStart(byteCount * 2, "0");
}

function int64(value: unknown): bigint {
  const whole = wide(value);
  if (whole === undefined || whole >= 2n ** 63n || whole < -(2n ** 63n)) throw new OtlpFault("Invalid OpenTelemetry format - a number is no int64");
  return whole;
}

function nano(value: unknown): bigint {
  if (value === undefined) return 0n;
  const whole = wide(value);
  if (whole === undefined) throw new OtlpFault("Invalid OpenTelemetry format - a time is no whole number");
  // protobufjs reads 64 bits as signed or unsigned by the type; a time is unsigned.
  return BigInt.asUintN(64, whole);
}

function wide(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value === "string") return /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const { low, high, unsigned } = value as { low?: unknown; high?: unknown; unsigned?: unknown };
  if (typeof low !== "number" || typeof high !== "number") return undefined;
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return unsigned === true ? bits : BigInt.asIntN(64, bits);
}
