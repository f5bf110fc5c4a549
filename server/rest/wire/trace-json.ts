import type { Assessment, OtelJson, TraceInfo } from "@/server/domain/traces";

/* Traces as MLflow's protobuf prints them: on one line, unset fields left out, times as RFC 3339, int64 as digits. */

/** Text that is JSON already. */
export class RawJson {
  constructor(readonly text: string) {}
}
export type TraceJson = OtelJson | RawJson | null | { [key: string]: TraceJson } | TraceJson[];

export function printTraceJson(value: TraceJson): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof RawJson) return value.text;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isFinite(value) ? (Object.is(value, -0) ? "-0.0" : String(value)) : `"${value}"`;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(printTraceJson).join(",")}]`;
  const parts: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) parts.push(`${JSON.stringify(key)}:${printTraceJson(field)}`);
  }
  return `{${parts.join(",")}}`;
}

/** A whole answer. */
export const traceAnswer = (value: TraceJson): Buffer => Buffer.from(printTraceJson(value));

const maxMetadataShown = 250;
const maxTagShown = 4096;

export function toTraceInfo(t: TraceInfo): TraceJson {
  return {
    trace_id: t.id,
    client_request_id: t.clientRequestId ?? undefined,
    trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: String(t.experimentId) } },
    request_time: printTime(t.timestampMs),
    execution_duration: t.executionMs === null ? undefined : printDuration(t.executionMs),
    state: t.state,
    trace_metadata: cutAll(t.metadata, maxMetadataShown),
    assessments: t.assessments.length === 0 ? undefined : t.assessments.map(toAssessment),
    tags: cutAll(t.tags, maxTagShown),
    request_preview: t.requestPreview ?? undefined,
    response_preview: t.responsePreview ?? undefined,
  };
}

export function toAssessment(a: Assessment): TraceJson {
  const isJson = /^[[{]/.test(a.value);
  return {
    assessment_id: a.id,
    assessment_name: a.name,
    trace_id: a.traceId,
    span_id: a.spanId ?? undefined,
    source: { source_type: a.sourceType, source_id: a.sourceId ?? undefined },
    create_time: printTime(a.createdMs),
    last_update_time: printTime(a.lastUpdatedMs),
    feedback: a.kind === "feedback" ? { value: new RawJson(a.value), error: a.error ?? undefined } : undefined,
    // Lists and objects that were expected travel as text.
    expectation: a.kind !== "expectation" ? undefined : isJson ? { serialized_value: { serialization_format: "JSON_FORMAT", value: a.value } } : { value: new RawJson(a.value) },
    rationale: a.rationale ?? undefined,
    metadata: a.metadata ?? undefined,
    overrides: a.overrides ?? undefined,
    valid: a.isValid,
    issue: a.kind === "issue" ? new RawJson(a.value) : undefined,
  };
}

/** The form of clients before MLflow 3. */
export function toTraceInfoV2(t: TraceInfo): TraceJson {
  return {
    request_id: t.id,
    experiment_id: String(t.experimentId),
    timestamp_ms: t.timestampMs,
    execution_time_ms: t.executionMs ?? undefined,
    status: t.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : t.state,
    request_metadata: keyValues(cutAll(t.metadata, maxMetadataShown)),
    tags: keyValues(cutAll(t.tags, maxTagShown)),
  };
}

function keyValues(texts: Record<string, string> | undefined): TraceJson {
  return texts && Object.entries(texts).map(([key, value]) => ({ key, value }));
}

function cutAll(texts: Record<string, string>, maxLength: number): Record<string, string> | undefined {
  const entries = Object.entries(texts);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([key, value]) => [key, value.length > maxLength ? [...value].slice(0, maxLength).join("") : value]));
}

/** Protobuf has times of the years 1 to 9999. */
const earliestMs = -62_135_596_800_000n;
const latestMs = 253_402_300_799_999n;

function printTime(ms: bigint): string {
  const within = ms < earliestMs ? earliestMs : ms > latestMs ? latestMs : ms;
  return new Date(Number(within)).toISOString().replace(/^[+-]\d\d(?=\d{4}-)/, "").replace(".000Z", "Z");
}

function printDuration(ms: bigint): string {
  const size = ms < 0n ? -ms : ms;
  const rest = size % 1000n;
  return `${ms < 0n ? "-" : ""}${size / 1000n}${rest === 0n ? "" : `.${String(rest).padStart(3, "0")}`}s`;
}
