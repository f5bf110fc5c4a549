import { parsePythonJson } from "./python-json";
import type { AnyValue } from "./types";

/** JSON as OpenTelemetry's messages are printed, in snake_case; int64 as bigint. */
export type OtelJson = { [key: string]: OtelJson } | OtelJson[] | string | number | bigint | boolean | undefined;

/**
 * A stored span as an OpenTelemetry span. Also one out of a traces.json that a client wrote.
 *
 * @throws SyntaxError for what is no JSON.
 */
export const spanOfContent = (content: string): OtelJson => toOtel(parsePythonJson(content));

/** The spans of a traces.json. @throws SyntaxError. */
export function spansOfFile(text: string): OtelJson[] {
  const spans = field(parsePythonJson(text), "spans");
  return Array.isArray(spans) ? spans.map(toOtel) : [];
}

function toOtel(span: AnyValue): OtelJson {
  const status = field(span, "status");
  return {
    trace_id: textOf(field(span, "trace_id")),
    span_id: textOf(field(span, "span_id")),
    parent_span_id: textOf(field(span, "parent_span_id")),
    name: textOf(field(span, "name")),
    start_time_unix_nano: wholeOf(field(span, "start_time_unix_nano")),
    end_time_unix_nano: wholeOf(field(span, "end_time_unix_nano")),
    attributes: keyValues(field(span, "attributes"), attributeValue),
    events: listOrNone(field(span, "events"), (event) => ({
      time_unix_nano: wholeOf(field(event, "time_unix_nano")),
      name: textOf(field(event, "name")),
      attributes: keyValues(field(event, "attributes"), anyValue),
    })),
    links: listOrNone(field(span, "links"), (link) => ({
      trace_id: base64(textOf(field(link, "trace_id"))?.replace(/^(trace:\/.*\/|tr-)/, "")),
      span_id: base64(textOf(field(link, "span_id"))),
      attributes: keyValues(field(link, "attributes"), anyValue),
    })),
    status: { message: textOf(field(status, "message")), code: textOf(field(status, "code")) },
  };
}

function field(value: AnyValue | undefined, name: string): AnyValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Empty texts are left out, as protobuf leaves them. */
const textOf = (value: AnyValue | undefined): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const wholeOf = (value: AnyValue | undefined): bigint | undefined => (typeof value === "bigint" && value !== 0n ? value : undefined);
const base64 = (hex: string | undefined): string | undefined => (hex ? Buffer.from(hex, "hex").toString("base64") : undefined);

function listOrNone(value: AnyValue | undefined, read: (item: AnyValue) => OtelJson): OtelJson {
  return Array.isArray(value) && value.length > 0 ? value.map(read) : undefined;
}

function keyValues(value: AnyValue | undefined, read: (value: AnyValue) => OtelJson): OtelJson {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 0 ? undefined : entries.map(([key, inner]) => ({ key, value: read(inner) }));
}

/** An attribute's value is a JSON text; one that is none is taken as it stands. */
function attributeValue(text: AnyValue): OtelJson {
  if (typeof text !== "string") return anyValue(text);
  if (/^-?(NaN|Infinity)$/.test(text)) return { double_value: text };
  try {
    return anyValue(parsePythonJson(text));
  } catch {
    return { string_value: text };
  }
}

function anyValue(value: AnyValue): OtelJson {
  if (value === null) return undefined;
  if (typeof value === "string") return { string_value: value };
  if (typeof value === "boolean") return { bool_value: value };
  if (typeof value === "number") return { double_value: value };
  if (typeof value === "bigint") return value >= -(2n ** 63n) && value < 2n ** 63n ? { int_value: value } : { double_value: Number(value) };
  // An item without a value is still an item: an empty message.
  if (Array.isArray(value)) return { array_value: value.length > 0 ? { values: value.map((v) => anyValue(v) ?? {}) } : {} };
  const values = keyValues(value, anyValue);
  return { kvlist_value: values === undefined ? {} : { values } };
}
