import { z } from "zod";
import { experimentId, int32, list, looseKeyValues, oneOf, required, text } from "./fields";

export const viewType = oneOf(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]);

export const createExperiment = z.object({ name: required, artifact_location: text, tags: looseKeyValues });
export const experimentById = z.object({ experiment_id: experimentId });
export const experimentByName = z.object({ experiment_name: required });
export const searchExperiments = z.object({ max_results: int32, page_token: text, filter: text, order_by: list(z.string()), view_type: viewType });
export const updateExperiment = z.object({ experiment_id: experimentId, new_name: required });
export const setExperimentTag = z.object({ experiment_id: experimentId, key: required, value: text });
export const deleteExperimentTag = z.object({ experiment_id: experimentId, key: required });
