import { invalid } from "@/server/errors";
import { artifactLocation, checkTagKey, cut, maxPreviewLength, maxTagLength, spansLocation, traceName } from "./check";
import { costKey, inputsKey, outputsKey, previewOf, usageKey, withMlflowNames } from "./conventions";
import { attributeText, type StoredSpan, toStoredSpan } from "./span-content";
import type { AnyValue, Attributes, NewSpan, Texts } from "./types";

/** What a batch's spans say of one trace. */
export type TraceOfSpans = {
  id: string;
  startMs: bigint;
  endMs: bigint | null;
  /** Null while the root has not come. */
  state: "OK" | "ERROR" | null;
  name: string | null;
  sessionId: string | null;
  requestPreview: string | null;
  responsePreview: string | null;
  tags: Texts;
  metadata: Texts;
  hasUsage: boolean;
};

const tagPrefix = "mlflow.traceTag.";
const sessionKeys = ["session.id", "gen_ai.conversation.id"];
const maxInt64 = 2n ** 63n - 1n;

/** Reads a batch: what to store of each span, and of each trace. Of a span that is there twice the last counts; traces come in the order of their ids, so that batches cannot wait for each other. */
export function readBatch(spans: NewSpan[], artifactUri: (traceId: string) => string): { traces: TraceOfSpans[]; stored: StoredSpan[] } {
  const unique = new Map(spans.map((s) => [`${s.traceId} ${s.spanId}`, s]));
  const traces = new Map<string, TraceOfSpans>();
  const stored: StoredSpan[] = [];
  for (const span of unique.values()) {
    if (span.startNano > maxInt64 || span.endNano > maxInt64) throw invalid("A span's time lies beyond what can be kept.");
    const attributes = withMlflowNames(span);
    try {
      stored.push(toStoredSpan(span, attributes));
    } catch (error) {
      throw error instanceof RangeError ? invalid("A span's attribute is nested too deep.") : error;
    }
    const id = `tr-${span.traceId}`;
    const trace = traces.get(id) ?? emptyTrace(id, span.startNano / 1_000_000n, artifactUri(id));
    traces.set(id, trace);
    addSpan(trace, span, attributes);
  }
  return { traces: [...traces.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), stored };
}

const emptyTrace = (id: string, startMs: bigint, uri: string): TraceOfSpans => ({
  id, startMs, endMs: null, state: null, name: null, sessionId: null, requestPreview: null, responsePreview: null,
  tags: { [artifactLocation]: uri, [spansLocation]: "TRACKING_STORE" }, metadata: {}, hasUsage: false,
});

function addSpan(trace: TraceOfSpans, span: NewSpan, attributes: Attributes): void {
  const startMs = span.startNano / 1_000_000n;
  const endMs = span.endNano === 0n ? null : span.endNano / 1_000_000n;
  if (startMs < trace.startMs) trace.startMs = startMs;
  if (endMs !== null && (trace.endMs === null || endMs > trace.endMs)) trace.endMs = endMs;
  trace.sessionId ??= text(sessionKeys.map((k) => attributes.get(k)).find((v) => typeof v === "string" && v !== ""), 250);
  if (trace.sessionId !== null) trace.metadata["mlflow.trace.session"] = trace.sessionId;
  const user = text(attributes.get("user.id"), 250);
  if (user) trace.metadata["mlflow.trace.user"] ??= user;
  trace.hasUsage ||= attributes.has(usageKey) || attributes.has(costKey);
  for (const [key, value] of span.resource) {
    if (!/^(telemetry\.sdk\.|mlflow\.)/.test(key)) setTag(trace, key, value);
  }
  if (span.parentSpanId !== null) return;
  trace.state = span.status === "ERROR" ? "ERROR" : "OK";
  trace.requestPreview = previewOf(attributes.get(inputsKey), "user", maxPreviewLength);
  trace.responsePreview = previewOf(attributes.get(outputsKey), "assistant", maxPreviewLength);
  // Tags that the client's exporter hands over on the root; they count more than what the resource says.
  for (const [key, value] of attributes) {
    if (!key.startsWith(tagPrefix)) continue;
    const tag = key.slice(tagPrefix.length);
    if (tag === traceName) trace.name = text(value, maxTagLength);
    else if (tag !== spansLocation && tag !== artifactLocation) setTag(trace, tag, value);
  }
}

/** A name that no tag can have is passed over, as the span itself has it too. */
function setTag(trace: TraceOfSpans, key: string, value: AnyValue): void {
  try {
    checkTagKey(key);
  } catch {
    return;
  }
  if (key === "" || key === "__proto__") return;
  trace.tags[key] = text(value, maxTagLength) ?? "";
}

const text = (value: AnyValue | undefined, maxLength: number): string | null =>
  value === undefined || value === null ? null : cut(typeof value === "string" ? value : attributeText(value), maxLength);
