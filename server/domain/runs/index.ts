export { type AccessibleRun, isOfPipeline, isOfStep, noRun, requireActiveRun, requireRunAccess } from "./access";
export { type CreateRunInput, createExactRun, createRun } from "./create-run";
export { deleteRun, restoreRun } from "./delete-run";
export { getExactRun, getRun } from "./get-run";
export { appendImportedPoints, finishImportedRun, type ImportedRun, importRun, type RunToImport } from "./import-run";
export { listRunChildren } from "./list-run-children";
export { deleteRunTag, type LogBatchInput, logBatch, type MetricInput, setRunTag } from "./log-batch";
export { type DatasetToLog, type LogInputsInput, logInputs, logOutputs } from "./log-inputs";
export { type MetricHistoryInput, metricHistory } from "./metric-history";
export type { PointList } from "./point-list";
export { type MetricPoint, type MetricSeries, metricSeries } from "./metric-series";
export type { RunAsJson } from "./run-json";
export { newRunName } from "./run-names";
export { type IntervalInput, type SampledMetrics, sampleMetrics } from "./sample-metrics";
export { type DatasetSummary, searchDatasets } from "./search-datasets";
export { type SearchRunsInput, searchExactRuns, searchRuns, searchRunsAsJson } from "./search-runs";
export {
  type Dataset,
  type DatasetInput,
  type ExactMetric,
  type ExactRun,
  type ExactRunRecord,
  isTerminal,
  type LatestMetric,
  type RunDetail,
  type RunInputs,
  type RunOutputs,
  type RunRecord,
  type RunStatus,
  type RunSummary,
  runStatuses,
} from "./types";
export { endRunOfJob, setRunStatusOfJob, type UpdateRunInput, updateExactRun, updateRun } from "./update-run";
