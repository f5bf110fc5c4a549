export { createAssessment, deleteAssessment, getAssessment, type UpdateAssessmentInput, updateAssessment } from "./assessments";
export { type DeleteTracesInput, deleteTraces } from "./delete-traces";
export { getTrace, getTraceInfo, getTraceInfos, getTraces, openTraceData, type TraceWithSpans } from "./get-trace";
export { linkPromptsToTrace, linkTracesToRun } from "./links";
export { logSpans } from "./log-spans";
export { parsePythonJson, pythonJson } from "./python-json";
export type { OtelJson } from "./read-span";
export { type SearchTracesInput, searchTraces, type TracePage } from "./search-traces";
export { type BeginTraceInput, beginTrace, type EndTraceInput, endTrace, startTrace } from "./start-trace";
export { deleteTraceTag, setTraceTag } from "./trace-tags";
export {
  type AnyValue,
  type Assessment,
  type AssessmentError,
  type AssessmentKind,
  assessmentSources,
  type Attributes,
  type NewAssessment,
  type NewSpan,
  type NewTrace,
  type Texts,
  type TraceInfo,
  type TraceState,
  traceStates,
} from "./types";
