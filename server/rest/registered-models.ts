import {
  createRegisteredModel, deleteAlias, deleteRegisteredModel, deleteRegisteredModelTag, getLatestVersions, getRegisteredModel, getVersionByAlias, type RegisteredModel,
  renameRegisteredModel, searchRegisteredModels, setAlias, setRegisteredModelTag, updateRegisteredModel,
} from "@/server/domain/models";
import { type Answer, endpoint } from "./door";
import { toModelVersion } from "./model-versions";
import type { Route } from "./router";
import * as wire from "./wire/models";

const base = "/api/2.0/mlflow/registered-models";

const search = endpoint(wire.search, async (ctx, input) => {
  const page = await searchRegisteredModels(ctx, { filter: input.filter, orderBy: input.order_by, maxResults: input.max_results || undefined, pageToken: input.page_token });
  return { registered_models: page.models.map(toWire), next_page_token: page.nextPageToken };
});

const latestVersions = endpoint(wire.latestVersions, async (ctx, input) => ({
  model_versions: (await getLatestVersions(ctx, { name: input.name, stages: input.stages })).map(toModelVersion),
}));

export const registeredModelRoutes: Route[] = [
  ["POST", `${base}/create`, endpoint(wire.createRegisteredModel, async (ctx, input) => ({ registered_model: toWire(await createRegisteredModel(ctx, input)) }))],
  ["GET", `${base}/get`, endpoint(wire.byName, async (ctx, input) => ({ registered_model: toWire(await getRegisteredModel(ctx, input)) }))],
  ["PATCH", `${base}/update`, endpoint(wire.updateRegisteredModel, async (ctx, input) => ({ registered_model: toWire(await updateRegisteredModel(ctx, input)) }))],
  ["POST", `${base}/rename`, endpoint(wire.renameRegisteredModel, async (ctx, input) => ({
    registered_model: toWire(await renameRegisteredModel(ctx, { name: input.name, newName: input.new_name })),
  }))],
  ["DELETE", `${base}/delete`, endpoint(wire.byName, async (ctx, input) => {
    await deleteRegisteredModel(ctx, input);
    return {};
  })],
  ["GET", `${base}/search`, search],
  // The R client asks by POST, which MLflow's own server refuses.
  ["POST", `${base}/search`, search],
  ["GET", `${base}/get-latest-versions`, latestVersions],
  ["POST", `${base}/get-latest-versions`, latestVersions],
  ["POST", `${base}/set-tag`, endpoint(wire.modelTag, async (ctx, input) => {
    await setRegisteredModelTag(ctx, input);
    return {};
  })],
  ["DELETE", `${base}/delete-tag`, endpoint(wire.modelTagKey, async (ctx, input) => {
    await deleteRegisteredModelTag(ctx, input);
    return {};
  })],
  ["POST", `${base}/alias`, endpoint(wire.setAlias, async (ctx, input) => {
    await setAlias(ctx, input);
    return {};
  })],
  ["GET", `${base}/alias`, endpoint(wire.alias, async (ctx, input) => ({ model_version: toModelVersion(await getVersionByAlias(ctx, input)) }))],
  ["DELETE", `${base}/alias`, endpoint(wire.alias, async (ctx, input) => {
    await deleteAlias(ctx, input);
    return {};
  })],
];

function toWire(m: RegisteredModel): Answer {
  return {
    name: m.name,
    creation_timestamp: m.creationTimeMs,
    last_updated_timestamp: m.lastUpdatedTimeMs,
    description: m.description ?? undefined,
    // Without their aliases, which the model itself lists.
    latest_versions: m.latestVersions.map((v) => toModelVersion({ ...v, aliases: [] })),
    tags: m.tags,
    aliases: m.aliases.map((a) => ({ alias: a.alias, version: String(a.version) })),
  };
}
