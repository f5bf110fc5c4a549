export { deleteAlias, getVersionByAlias, setAlias } from "./aliases";
export {
  importAlias, importLoggedModel, importModelVersion, importRegisteredModel, type LoggedModelToImport, markImportedModelDeleted, type RegisteredModelToImport, type VersionToImport,
} from "./import-models";
export {
  type CreateLoggedModelInput, createLoggedModel, deleteLoggedModel, deleteLoggedModelTag, finalizeLoggedModel, getLoggedModel, logLoggedModelParams, setLoggedModelTags,
} from "./logged-models";
export {
  type CreateVersionInput, createModelVersion, deleteModelVersion, deleteModelVersionTag, getModelVersion, setModelVersionTag, type TransitionInput, transitionStage, updateModelVersion,
} from "./model-versions";
export {
  createRegisteredModel, deleteRegisteredModel, deleteRegisteredModelTag, getLatestVersions, getRegisteredModel, renameRegisteredModel, setRegisteredModelTag, updateRegisteredModel,
} from "./registered-models";
export { type SearchLoggedModelsInput, searchLoggedModels } from "./search-logged-models";
export { type RegistrySearchInput, searchModelVersions, searchRegisteredModels } from "./search-registry";
export { type LoggedModel, type LoggedModelStatus, loggedModelStatuses, type ModelVersion, type RegisteredModel, type Stage, stages } from "./types";
