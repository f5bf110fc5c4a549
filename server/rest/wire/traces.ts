import { z } from "zod";
import { type AnyValue, assessmentSources, type NewAssessment, pythonJson, parsePythonJson, traceStates } from "@/server/domain/traces";
import { invalid } from "@/server/errors";
import { markedDigits } from "../json";
import { bool, experimentId, int32, int64, list, oneOf, required, requiredList, text } from "./fields";

const optional = <T extends z.ZodType>(schema: T) => z.preprocess((v) => v ?? undefined, schema.optional());
const seeFormat = (what: string) => ({ message: what });

const plainText = z.string().refine((t) => t.isWellFormed() && !t.includes("\u0000"), { message: "It holds characters that cannot be stored." });
/** A map of texts, such as a trace's tags. */
const texts = z.preprocess((v) => v ?? {}, z.record(plainText, plainText));

const earliestMs = -62_135_596_800_000;
/** RFC 3339 to whole milliseconds. */
const time = optional(
  z.string().transform((value, ctx): bigint => {
    const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(value);
    const ms = match ? Date.parse(`${match[1]}${(match[2] ?? "").slice(0, 4)}${match[3]}`) : Number.NaN;
    if (ms >= earliestMs) return BigInt(ms);
    ctx.issues.push({ code: "custom", input: value, ...seeFormat("Write a time such as 2026-01-31T12:00:00.000Z.") });
    return z.NEVER;
  }),
);
/** Seconds with a trailing s, to whole milliseconds. */
const duration = optional(
  z.string().transform((value, ctx): bigint => {
    const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value);
    if (match) {
      const ms = BigInt(match[2] ?? "0") * 1000n + BigInt((match[3] ?? "").padEnd(3, "0").slice(0, 3));
      return match[1] ? -ms : ms;
    }
    ctx.issues.push({ code: "custom", input: value, ...seeFormat("Write a duration such as 0.250s.") });
    return z.NEVER;
  }),
);

/** Any JSON that is a value; what is printed again is Python's form of it. A number is a double, as in protobuf. */
const json = z.unknown().optional().transform((value, ctx): string => {
  try {
    return pythonJson(asDoubles(value, 0));
  } catch (error) {
    ctx.issues.push({ code: "custom", input: value, message: error instanceof RangeError ? "It is nested too deep." : "It cannot be stored." });
    return z.NEVER;
  }
});

function asDoubles(value: unknown, depth: number): AnyValue {
  if (depth > 64) throw new RangeError("nested too deep");
  const digits = markedDigits(value);
  if (digits !== undefined) return Number(digits);
  if (typeof value === "string") {
    if (!value.isWellFormed() || value.includes("\u0000")) throw new TypeError("it cannot be stored");
    return value;
  }
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((v) => asDoubles(v, depth + 1));
  const result: { [key: string]: AnyValue } = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed() || key.includes("\u0000")) throw new TypeError("it cannot be stored");
    Object.defineProperty(result, key, { value: asDoubles(inner, depth + 1), enumerable: true, configurable: true, writable: true });
  }
  return result;
}

const assessment = z.object({
  assessment_id: text,
  assessment_name: text,
  span_id: text,
  source: optional(z.object({ source_type: oneOf(assessmentSources, 0), source_id: text })),
  create_time: time,
  last_update_time: time,
  feedback: optional(z.object({ value: json, error: optional(z.object({ error_code: text, error_message: text, stack_trace: text })) })),
  expectation: optional(z.object({ value: z.unknown().optional(), serialized_value: optional(z.object({ serialization_format: text, value: text })) })),
  issue: optional(z.object({ issue_name: text })),
  rationale: text,
  metadata: optional(texts),
  overrides: text,
});
type AssessmentInput = z.output<typeof assessment>;

const requiredAssessment = z.preprocess((v) => v ?? undefined, assessment);
const traceInfo = z.object({
  trace_id: required,
  client_request_id: text,
  trace_location: z.preprocess(
    (v) => v ?? undefined,
    z.object({ type: z.preprocess((v) => (v === 1 ? "MLFLOW_EXPERIMENT" : (v ?? undefined)), z.literal("MLFLOW_EXPERIMENT")), mlflow_experiment: z.object({ experiment_id: experimentId }) }),
  ),
  request_preview: text,
  response_preview: text,
  request_time: time,
  execution_duration: duration,
  state: oneOf(traceStates, 0),
  trace_metadata: texts,
  tags: texts,
  assessments: list(assessment),
});

export const startTrace = z.object({ trace: z.object({ trace_info: traceInfo }) });
export const traceById = z.object({ trace_id: required });
export const getTrace = z.object({ trace_id: required, allow_partial: bool });
export const traceIds = z.object({ trace_ids: requiredList(plainText), experiment_ids: optionalList() });
export const searchTraces = z.object({
  locations: requiredList(z.object({ mlflow_experiment: optional(z.object({ experiment_id: text })) })),
  filter: text,
  max_results: int32,
  order_by: list(plainText),
  page_token: text,
});
export const deleteTraces = z.object({ experiment_id: experimentId, max_timestamp_millis: int64, max_traces: int32, request_ids: list(plainText) });
export const setTag = z.object({ trace_id: required, key: required, value: text });
export const deleteTag = z.object({ trace_id: required, key: required });
export const linkToRun = z.object({ trace_ids: requiredList(plainText), run_id: required });
export const linkPrompts = z.object({ trace_id: required, prompt_versions: requiredList(z.object({ name: required, version: required })) });
export const traceArtifact = z.object({ request_id: text, path: text });

const v2Texts = list(z.object({ key: required, value: z.preprocess((v) => v ?? "", plainText) })).transform((pairs) => Object.fromEntries(pairs.map((p) => [p.key, p.value])));
export const beginTraceV2 = z.object({ experiment_id: experimentId, timestamp_ms: int64, request_metadata: v2Texts, tags: v2Texts });
export const endTraceV2 = z.object({ request_id: required, timestamp_ms: int64, status: oneOf(["TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"], 0), request_metadata: v2Texts, tags: v2Texts });
export const traceByRequestId = z.object({ request_id: required });
export const searchTracesV2 = z.object({ experiment_ids: requiredList(plainText), filter: text, max_results: int32, order_by: list(plainText), page_token: text });

export const createAssessment = z.object({ trace_id: required, assessment: requiredAssessment });
export const assessmentById = z.object({ trace_id: required, assessment_id: required });
/** A field mask: names with commas between, in either spelling. */
const mask = z.preprocess(
  (v) => (typeof v === "object" && v !== null && "paths" in v ? v.paths : typeof v === "string" && v !== "" ? v.split(",") : v || undefined),
  z.array(z.string().transform((name) => name.trim().replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`))),
);
export const updateAssessment = z.object({ trace_id: required, assessment_id: required, assessment: requiredAssessment, update_mask: mask });

function optionalList() {
  return z.preprocess((v) => v ?? undefined, list(plainText).optional());
}

/** @throws DomainError `invalid` when it is neither feedback nor an expectation nor an issue. */
export function toNewAssessment(a: AssessmentInput): NewAssessment {
  const value = valueOf(a);
  if (!value) throw invalid("Unknown assessment type: None");
  return {
    ...value,
    id: a.assessment_id,
    name: a.assessment_name ?? "",
    sourceType: a.source?.source_type,
    sourceId: a.source?.source_id,
    spanId: a.span_id,
    rationale: a.rationale,
    overrides: a.overrides,
    metadata: a.metadata,
    createdMs: a.create_time,
    lastUpdatedMs: a.last_update_time,
  };
}

/** What is said, of whichever kind; undefined when nothing is. */
export function valueOf(a: AssessmentInput): Pick<NewAssessment, "kind" | "value" | "error"> | undefined {
  if (a.feedback) return { kind: "feedback", value: a.feedback.value, error: a.feedback.error };
  if (a.issue) return { kind: "issue", value: pythonJson({ issue_name: a.issue.issue_name ?? "" }) };
  if (!a.expectation) return undefined;
  const serialized = a.expectation.serialized_value;
  if (!serialized) return { kind: "expectation", value: json.parse(a.expectation.value) };
  try {
    return { kind: "expectation", value: pythonJson(parsePythonJson(serialized.value ?? "")) };
  } catch {
    throw invalid("Invalid value for parameter 'assessment.expectation.serialized_value' supplied: it is no JSON.");
  }
}

/** What /v1/traces has in its header. */
export const experimentHeader = z.object({ experiment_id: experimentId });
