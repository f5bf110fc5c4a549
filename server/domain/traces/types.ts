export const traceStates = ["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"] as const;
export type TraceState = (typeof traceStates)[number];

export const assessmentSources = ["SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE", "CODE"] as const;
export type AssessmentSource = (typeof assessmentSources)[number];

export type Texts = Record<string, string>;

export type TraceInfo = {
  id: string;
  experimentId: number;
  timestampMs: bigint;
  /** Null while it is under way. */
  executionMs: bigint | null;
  state: TraceState;
  clientRequestId: string | null;
  requestPreview: string | null;
  responsePreview: string | null;
  /** With its name as mlflow.traceName. */
  tags: Texts;
  metadata: Texts;
  assessments: Assessment[];
};

/** A trace with its spans, root first, then by start. Each is the JSON that `spanOfContent` reads. */
export type Trace = { info: TraceInfo; spans: string[] };

export type AssessmentKind = "feedback" | "expectation" | "issue";
export type AssessmentError = { error_code?: string; error_message?: string; stack_trace?: string };

export type Assessment = {
  id: string;
  traceId: string;
  name: string;
  kind: AssessmentKind;
  /** JSON as text. */
  value: string;
  error: AssessmentError | null;
  sourceType: AssessmentSource;
  sourceId: string | null;
  spanId: string | null;
  rationale: string | null;
  /** The assessment that this one stands in for. */
  overrides: string | null;
  isValid: boolean;
  metadata: Texts | null;
  createdMs: bigint;
  lastUpdatedMs: bigint;
};

/** What a client says of a new assessment; ids and times are made where they are left out. */
export type NewAssessment = {
  id?: string;
  name: string;
  kind: AssessmentKind;
  value: string;
  error?: AssessmentError;
  sourceType?: AssessmentSource;
  sourceId?: string;
  spanId?: string;
  rationale?: string;
  overrides?: string;
  metadata?: Texts;
  createdMs?: bigint;
  lastUpdatedMs?: bigint;
};

export type NewTrace = {
  id: string;
  experimentId: number;
  timestampMs: bigint;
  executionMs?: bigint;
  state: TraceState;
  clientRequestId?: string;
  requestPreview?: string;
  responsePreview?: string;
  tags: Texts;
  metadata: Texts;
  assessments: NewAssessment[];
};

/** An attribute's value as OpenTelemetry sends it: int64 as bigint, doubles as number. */
export type AnyValue = string | boolean | bigint | number | null | AnyValue[] | { [key: string]: AnyValue };
export type Attributes = Map<string, AnyValue>;

/** A span as it comes in by OTLP. Ids are hex digits, 32 and 16 of them. */
export type NewSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  startNano: bigint;
  /** 0 while it is under way. */
  endNano: bigint;
  status: "UNSET" | "OK" | "ERROR";
  statusMessage: string;
  attributes: Attributes;
  events: { name: string; timeNano: bigint; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
  /** What made it, such as service.name. */
  resource: Attributes;
};
