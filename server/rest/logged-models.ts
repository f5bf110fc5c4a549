import { listModelArtifacts, openModelArtifact } from "@/server/domain/artifacts";
import {
  createLoggedModel, deleteLoggedModel, deleteLoggedModelTag, finalizeLoggedModel, getLoggedModel, type LoggedModel, logLoggedModelParams, searchLoggedModels, setLoggedModelTags,
} from "@/server/domain/models";
import { DomainError } from "@/server/errors";
import { sendFile, toFileInfo } from "./artifacts";
import { type Answer, endpoint } from "./door";
import type { Route } from "./router";
import { experimentIdsOf } from "./runs";
import { missingField } from "./wire/fields";
import * as wire from "./wire/models";

const base = "/api/2.0/mlflow/logged-models";

export const loggedModelRoutes: Route[] = [
  ["POST", base, endpoint(wire.createLoggedModel, async (ctx, input) => ({
    model: toWire(await createLoggedModel(ctx, {
      experimentId: input.experiment_id,
      name: input.name,
      modelType: input.model_type,
      sourceRunId: input.source_run_id,
      params: input.params,
      tags: input.tags,
    })),
  }))],
  ["POST", `${base}/search`, endpoint(wire.searchLoggedModels, async (ctx, input) => {
    const page = await searchLoggedModels(ctx, {
      experimentIds: experimentIdsOf(input.experiment_ids),
      filter: input.filter,
      datasets: input.datasets.map((d) => ({ name: d.dataset_name, digest: d.dataset_digest })),
      orderBy: input.order_by.map((o) => ({
        fieldName: o.field_name,
        isAscending: o.ascending,
        dataset: o.dataset_name || o.dataset_digest ? { name: o.dataset_name ?? "", digest: o.dataset_digest } : undefined,
      })),
      // Zero is "not said", by the rules of proto2.
      maxResults: input.max_results || undefined,
      pageToken: input.page_token,
    });
    return { models: page.models.map(toWire), next_page_token: page.nextPageToken };
  })],
  ["GET", `${base}/{model_id}`, endpoint(wire.byModelId, async (ctx, input) => ({ model: toWire(await getLoggedModel(ctx, { modelId: input.model_id })) }))],
  ["PATCH", `${base}/{model_id}`, endpoint(wire.finalizeLoggedModel, async (ctx, input) => {
    if (!input.status) throw missingField("status");
    return { model: toWire(await finalizeLoggedModel(ctx, { modelId: input.model_id, status: input.status })) };
  })],
  ["DELETE", `${base}/{model_id}`, endpoint(wire.byModelId, async (ctx, input) => {
    await deleteLoggedModel(ctx, { modelId: input.model_id });
    return {};
  })],
  ["POST", `${base}/{model_id}/params`, endpoint(wire.loggedModelParams, async (ctx, input) => {
    await logLoggedModelParams(ctx, { modelId: input.model_id, params: input.params });
    return {};
  })],
  ["PATCH", `${base}/{model_id}/tags`, endpoint(wire.loggedModelTags, async (ctx, input) => {
    await setLoggedModelTags(ctx, { modelId: input.model_id, tags: input.tags });
    return {};
  })],
  ["DELETE", `${base}/{model_id}/tags/{key}`, endpoint(wire.loggedModelTag, async (ctx, input) => {
    await deleteLoggedModelTag(ctx, { modelId: input.model_id, key: input.key });
    return {};
  })],
  ["GET", `${base}/{model_id}/artifacts/directories`, endpoint(wire.loggedModelFolder, async (ctx, input) => {
    const listing = await listModelArtifacts(ctx, { modelId: input.model_id, path: input.artifact_directory_path });
    return { root_uri: listing.rootUri, files: listing.files.map(toFileInfo) };
  })],
  ["GET", `${base}/{model_id}/artifacts/files`, async (request) => {
    const path = request.query.get("artifact_file_path");
    if (!path) throw new DomainError("invalid", "Request must include the \"artifact_file_path\" query parameter.", { errorCode: "BAD_REQUEST" });
    await sendFile(request, (range) => openModelArtifact(request.ctx, { modelId: request.params.model_id ?? "", path, range }));
  }],
];

function toWire(m: LoggedModel): Answer {
  return {
    info: {
      model_id: m.id,
      experiment_id: String(m.experimentId),
      name: m.name,
      creation_timestamp_ms: m.creationTimeMs,
      last_updated_timestamp_ms: m.lastUpdatedTimeMs,
      artifact_uri: m.artifactUri,
      status: m.status,
      model_type: m.modelType ?? "",
      source_run_id: m.sourceRunId ?? "",
      status_message: m.statusMessage ?? undefined,
      tags: m.tags,
    },
    data: {
      params: m.params,
      metrics: m.metrics.map((x) => ({
        key: x.key,
        value: x.value,
        timestamp: x.timestampMs,
        step: x.step,
        dataset_name: x.datasetName || undefined,
        dataset_digest: x.datasetDigest || undefined,
        model_id: m.id,
        run_id: x.runId ?? undefined,
      })),
    },
  };
}
