import {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  type Experiment,
  findExperimentByName,
  getExperiment,
  restoreExperiment,
  searchExperiments,
  setExperimentTag,
  updateExperiment,
} from "@/server/domain/experiments";
import { DomainError, invalid } from "@/server/errors";
import { type Answer, endpoint } from "./door";
import type { Route } from "./router";
import * as wire from "./wire/experiments";

const base = "/api/2.0/mlflow/experiments";

const search = endpoint(wire.searchExperiments, async (ctx, input) => {
  if (!input.max_results) throw invalid(`Invalid value ${input.max_results ?? 0} for parameter 'max_results' supplied. It must be a positive integer`);
  const page = await searchExperiments(ctx, {
    filter: input.filter,
    orderBy: input.order_by,
    viewType: input.view_type,
    maxResults: input.max_results,
    pageToken: input.page_token,
  });
  return { experiments: page.experiments.map(toWire), next_page_token: page.nextPageToken };
});

export const experimentRoutes: Route[] = [
  ["POST", `${base}/create`, endpoint(wire.createExperiment, async (ctx, input) => {
    const { experimentId } = await createExperiment(ctx, { name: input.name, artifactLocation: input.artifact_location || undefined, tags: input.tags });
    return { experiment_id: String(experimentId) };
  })],
  ["GET", `${base}/get`, endpoint(wire.experimentById, async (ctx, input) => ({ experiment: toWire(await getExperiment(ctx, { experimentId: input.experiment_id })) }))],
  ["GET", `${base}/get-by-name`, endpoint(wire.experimentByName, async (ctx, input) => {
    const experiment = await findExperimentByName(ctx, { name: input.experiment_name });
    if (!experiment) throw new DomainError("not_found", `Could not find experiment with name '${input.experiment_name.slice(0, 500)}'`);
    return { experiment: toWire(experiment) };
  })],
  ["POST", `${base}/search`, search],
  ["GET", `${base}/search`, search],
  ["POST", `${base}/update`, endpoint(wire.updateExperiment, async (ctx, input) => {
    await updateExperiment(ctx, { experimentId: input.experiment_id, name: input.new_name });
    return {};
  })],
  ["POST", `${base}/delete`, endpoint(wire.experimentById, async (ctx, input) => {
    await deleteExperiment(ctx, { experimentId: input.experiment_id });
    return {};
  })],
  ["POST", `${base}/restore`, endpoint(wire.experimentById, async (ctx, input) => {
    await restoreExperiment(ctx, { experimentId: input.experiment_id });
    return {};
  })],
  ["POST", `${base}/set-experiment-tag`, endpoint(wire.setExperimentTag, async (ctx, input) => {
    await setExperimentTag(ctx, { experimentId: input.experiment_id, key: input.key, value: input.value ?? "" });
    return {};
  })],
  ["POST", `${base}/delete-experiment-tag`, endpoint(wire.deleteExperimentTag, async (ctx, input) => {
    await deleteExperimentTag(ctx, { experimentId: input.experiment_id, key: input.key });
    return {};
  })],
];

function toWire(e: Experiment): Answer {
  return {
    experiment_id: String(e.id),
    name: e.name,
    artifact_location: e.artifactLocation,
    lifecycle_stage: e.lifecycleStage,
    last_update_time: e.lastUpdateTimeMs,
    creation_time: e.creationTimeMs,
    tags: e.tags,
    workspace: "default",
  };
}
