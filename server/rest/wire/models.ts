import { z } from "zod";
import { loggedModelStatuses } from "@/server/domain/models";
import { bool, experimentId, int32, keyValue, keyValues, list, looseKeyValues, oneOf, pythonInt, required, requiredList, text } from "./fields";

const modelVersion = required.transform((value, ctx): number => {
  const version = pythonInt(value);
  if (version !== undefined) return version;
  ctx.issues.push({ code: "custom", input: value, message: "Model version must be an integer." });
  return z.NEVER;
});
const name = { name: required };
const nameAndVersion = { ...name, version: modelVersion };

export const byName = z.object(name);
export const createRegisteredModel = z.object({ ...name, tags: looseKeyValues, description: text });
export const updateRegisteredModel = z.object({ ...name, description: text });
export const renameRegisteredModel = z.object({ ...name, new_name: required });
export const search = z.object({ filter: text, max_results: int32, order_by: list(z.string()), page_token: text });
export const latestVersions = z.object({ ...name, stages: list(z.string()) });
export const modelTag = z.object({ ...name, ...keyValue.shape });
export const modelTagKey = z.object({ ...name, key: required });
export const alias = z.object({ ...name, alias: required });
export const setAlias = z.object({ ...nameAndVersion, alias: required });

export const byVersion = z.object(nameAndVersion);
export const createVersion = z.object({ ...name, source: required, run_id: text, model_id: text, tags: looseKeyValues, run_link: text, description: text });
export const updateVersion = z.object({ ...nameAndVersion, description: text });
export const transitionStage = z.object({ ...nameAndVersion, stage: required, archive_existing_versions: bool });
export const versionTag = z.object({ ...nameAndVersion, ...keyValue.shape });
export const versionTagKey = z.object({ ...nameAndVersion, key: required });

const modelId = { model_id: required };
export const byModelId = z.object(modelId);
export const createLoggedModel = z.object({ experiment_id: experimentId, name: text, model_type: text, source_run_id: text, params: keyValues, tags: keyValues });
export const finalizeLoggedModel = z.object({ ...modelId, status: oneOf(loggedModelStatuses) });
export const loggedModelParams = z.object({ ...modelId, params: keyValues });
export const loggedModelTags = z.object({ ...modelId, tags: keyValues });
export const loggedModelTag = z.object({ ...modelId, key: required });
export const loggedModelFolder = z.object({ ...modelId, artifact_directory_path: text });
export const searchLoggedModels = z.object({
  experiment_ids: requiredList(z.string()),
  filter: text,
  datasets: list(z.object({ dataset_name: required, dataset_digest: text })),
  max_results: int32,
  order_by: list(z.object({ field_name: required, ascending: bool, dataset_name: text, dataset_digest: text })),
  page_token: text,
});
