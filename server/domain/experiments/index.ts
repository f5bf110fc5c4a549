export { noExperiment, requireExperimentAccess, sharedExperimentIds } from "./access";
export { requireActive } from "./check";
export { type CreateExperimentInput, createExperiment } from "./create-experiment";
export { defaultExperimentId, ensureDefaultExperiment } from "./ensure-default-experiment";
export { findExperimentByName, getExperiment } from "./get-experiment";
export { type ExperimentToImport, importExperiment } from "./import-experiment";
export { listExperiments, type SearchExperimentsInput, searchExperiments } from "./search-experiments";
export type { Experiment, ExperimentPage, KeyValue, LifecycleStage, ViewType } from "./types";
export { deleteExperiment, deleteExperimentTag, restoreExperiment, setExperimentTag, updateExperiment } from "./update-experiment";
