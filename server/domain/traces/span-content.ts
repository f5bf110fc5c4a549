import { pythonJson } from "./python-json";
import type { AnyValue, Attributes, NewSpan } from "./types";

/*
 * A span is kept as MLflow writes it into traces.json: ids in base64, each attribute's value as a JSON text of its own. One form for
 * storing, for `span.content LIKE`, and for the file that clients download.
 */

export type StoredSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  type: string | null;
  status: NewSpan["status"];
  startNano: bigint;
  endNano: bigint | null;
  content: string;
};

export const spanType = "mlflow.spanType";

/** @param attributes Those to keep, which may be more than the span came with. */
export function toStoredSpan(span: NewSpan, attributes: Attributes): StoredSpan {
  const type = attributes.get(spanType);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    type: typeof type === "string" ? type : null,
    status: span.status,
    startNano: span.startNano,
    endNano: span.endNano === 0n ? null : span.endNano,
    content: contentOf(span, attributes),
  };
}

function contentOf(span: NewSpan, attributes: Attributes): string {
  const texts: [string, AnyValue][] = [...attributes].map(([key, value]) => [key, attributeText(value)]);
  return pythonJson({
    trace_id: base64(span.traceId),
    span_id: base64(span.spanId),
    parent_span_id: span.parentSpanId === null ? null : base64(span.parentSpanId),
    name: span.name,
    start_time_unix_nano: span.startNano,
    end_time_unix_nano: span.endNano,
    events: span.events.map((e) => ({ name: e.name, time_unix_nano: e.timeNano, attributes: objectOf(e.attributes) })),
    status: { code: `STATUS_CODE_${span.status}`, message: span.statusMessage },
    attributes: objectOf(texts),
    links: span.links.map((l) => ({ trace_id: `tr-${l.traceId}`, span_id: l.spanId, attributes: objectOf(l.attributes) })),
  });
}

/** An attribute's value as the text that is kept; what is no JSON number stays bare, as Python writes it. */
export function attributeText(value: AnyValue): string {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : pythonJson(value);
}

/** Own properties, whatever the keys are called. */
function objectOf(entries: Iterable<[string, AnyValue]>): { [key: string]: AnyValue } {
  const object: { [key: string]: AnyValue } = {};
  for (const [key, value] of entries) Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
