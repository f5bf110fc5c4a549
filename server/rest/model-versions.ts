import { keyOfUri, openByProxyPath } from "@/server/domain/artifacts";
import {
  createModelVersion, deleteModelVersion, deleteModelVersionTag, getModelVersion, type ModelVersion, searchModelVersions, setModelVersionTag, transitionStage, updateModelVersion,
} from "@/server/domain/models";
import { invalid } from "@/server/errors";
import { sendFile } from "./artifacts";
import { type Answer, endpoint, rawEndpoint } from "./door";
import { printCompactJson } from "./json";
import type { Route } from "./router";
import { missingField, readInput } from "./wire/fields";
import * as wire from "./wire/models";

const base = "/api/2.0/mlflow/model-versions";

const search = rawEndpoint(wire.search, async (ctx, input) => {
  const page = await searchModelVersions(ctx, { filter: input.filter, orderBy: input.order_by, maxResults: input.max_results, pageToken: input.page_token });
  return Buffer.from(printCompactJson({ model_versions: page.versions.map(toModelVersion), next_page_token: page.nextPageToken }));
});

export const modelVersionRoutes: Route[] = [
  ["POST", `${base}/create`, endpoint(wire.createVersion, async (ctx, input) => ({
    model_version: toModelVersion(await createModelVersion(ctx, {
      name: input.name,
      source: input.source,
      runId: input.run_id || undefined,
      modelId: input.model_id || undefined,
      tags: input.tags,
      runLink: input.run_link,
      description: input.description,
    })),
  }))],
  ["GET", `${base}/get`, endpoint(wire.byVersion, async (ctx, input) => ({ model_version: toModelVersion(await getModelVersion(ctx, input)) }))],
  ["GET", `${base}/get-download-uri`, endpoint(wire.byVersion, async (ctx, input) => ({ artifact_uri: (await getModelVersion(ctx, input)).storageLocation }))],
  ["PATCH", `${base}/update`, endpoint(wire.updateVersion, async (ctx, input) => ({ model_version: toModelVersion(await updateModelVersion(ctx, input)) }))],
  ["DELETE", `${base}/delete`, endpoint(wire.byVersion, async (ctx, input) => {
    await deleteModelVersion(ctx, input);
    return {};
  })],
  ["GET", `${base}/search`, search],
  ["POST", `${base}/search`, search],
  ["POST", `${base}/transition-stage`, endpoint(wire.transitionStage, async (ctx, input) => ({
    model_version: toModelVersion(await transitionStage(ctx, {
      name: input.name,
      version: input.version,
      stage: input.stage,
      archiveExistingVersions: input.archive_existing_versions ?? false,
    })),
  }))],
  ["POST", `${base}/set-tag`, endpoint(wire.versionTag, async (ctx, input) => {
    await setModelVersionTag(ctx, input);
    return {};
  })],
  ["DELETE", `${base}/delete-tag`, endpoint(wire.versionTagKey, async (ctx, input) => {
    await deleteModelVersionTag(ctx, input);
    return {};
  })],
  ["GET", "/model-versions/get-artifact", async (request) => {
    const { name, version } = readInput(wire.byVersion, { name: request.query.get("name"), version: request.query.get("version") });
    const path = request.query.get("path");
    if (!path) throw missingField("path");
    const key = keyOfUri((await getModelVersion(request.ctx, { name, version })).storageLocation);
    if (key === null) throw invalid("This version's files are not kept by this server.");
    await sendFile(request, (range) => openByProxyPath(request.ctx, { proxyPath: `${key}/${path}`, range }));
  }],
];

export function toModelVersion(v: ModelVersion): Answer {
  return {
    name: v.name,
    version: String(v.version),
    creation_timestamp: v.creationTimeMs,
    last_updated_timestamp: v.lastUpdatedTimeMs,
    current_stage: v.stage,
    description: v.description ?? undefined,
    source: v.source,
    run_id: v.runId,
    status: v.status,
    tags: v.tags,
    run_link: v.runLink,
    aliases: v.aliases,
  };
}
