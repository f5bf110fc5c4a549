import { goOn, isOfOneThing } from "../problems";
import { RestError } from "../rest-client";
import { toVersion, type WireRegisteredModel, type WireVersion } from "../sources/http-wire";
import type { SourceRegisteredModel, SourceVersion } from "../types";
import { api, type ExportJob } from "./job";

/** A version that fills the number of a deleted one until it is deleted too. */
const placeholder = "s3://flowbook/placeholder-of-a-deleted-version";

export async function exportRegistry(job: ExportJob, isChosen: (model: SourceRegisteredModel) => boolean): Promise<void> {
  for await (const model of job.source.registeredModels()) {
    goOn(job.signal);
    if (!isChosen(model)) continue;
    try {
      await exportModel(job, model);
    } catch (error) {
      if (!isOfOneThing(error)) throw error;
      job.problems.add(`the registered model '${model.name}'`, error);
    }
  }
}

async function exportModel(job: ExportJob, model: SourceRegisteredModel): Promise<void> {
  const { client, problems } = job;
  const { name } = model;
  await client.send("POST", `${api}/registered-models/create`, { name, tags: model.tags, description: model.description ?? undefined }).catch((error: unknown) => {
    if (!(error instanceof RestError && error.errorCode === "RESOURCE_ALREADY_EXISTS")) throw error;
  });
  const { registered_model: there } = await client.get<{ registered_model: WireRegisteredModel }>(`${api}/registered-models/get`, { name });
  for (const { key, value } of model.tags) if (!there.tags?.some((t) => t.key === key && (t.value ?? "") === value)) await client.send("POST", `${api}/registered-models/set-tag`, { name, key, value });

  for (const v of model.versions) job.registered.add(modelIdOf(v.source) ?? "");
  const here = new Map(model.versions.map((v) => [v.version, v]));
  const last = Math.max(0, ...here.keys());
  for (let number = 1; number <= last; number++) {
    goOn(job.signal);
    const version = here.get(number);
    const found = await findVersion(job, name, number);
    if (found) {
      if (version) await finishVersion(job, name, version, found);
      continue;
    }
    const made = await makeVersion(job, name, version);
    if (made !== number) {
      // Numbers are the server's to give: a deleted one there is passed by, and one that came out otherwise would be wrong for good.
      if (made !== null) await client.send("DELETE", `${api}/model-versions/delete`, { name, version: String(made) });
      if (version) problems.add(`version ${number} of '${name}'`, made === null ? "it was refused" : `the target's next number is ${made}`);
      continue;
    }
    if (!version) await client.send("DELETE", `${api}/model-versions/delete`, { name, version: String(made) });
    else await finishVersion(job, name, version, null);
  }
  for (const { alias, version } of model.aliases) {
    const set = there.aliases?.find((a) => a.alias === alias);
    if (set && Number(set.version) !== version) problems.note(`alias '${alias}' of '${name}' stays at version ${set.version} there`);
    if (!set) await client.send("POST", `${api}/registered-models/alias`, { name, alias, version: String(version) });
  }
}

async function findVersion(job: ExportJob, name: string, version: number): Promise<SourceVersion | null> {
  try {
    return toVersion((await job.client.get<{ model_version: WireVersion }>(`${api}/model-versions/get`, { name, version })).model_version);
  } catch (error) {
    if (error instanceof RestError && error.status === 404) return null;
    throw error;
  }
}

async function makeVersion(job: ExportJob, name: string, version: SourceVersion | undefined): Promise<number | null> {
  const { ids } = job;
  const modelId = modelIdOf(version?.source ?? "");
  const body = version
    ? {
        name, source: placeThere(job, version.source), run_id: version.runId ? (ids.get(version.runId) ?? version.runId) : undefined, model_id: modelId ? ids.get(modelId) : undefined,
        tags: version.tags, run_link: version.runLink || undefined, description: version.description || undefined,
      }
    : { name, source: placeholder };
  try {
    const { model_version: made } = await job.client.send<{ model_version: WireVersion }>("POST", `${api}/model-versions/create`, body);
    if (version) job.progress.add("modelVersions");
    return Number(made.version);
  } catch (error) {
    if (!isOfOneThing(error)) throw error;
    job.problems.add(`version ${version?.version} of '${name}'`, error);
    // Its number must not go to the next one.
    const { model_version: made } = await job.client.send<{ model_version: WireVersion }>("POST", `${api}/model-versions/create`, { name, source: placeholder });
    return Number(made.version);
  }
}

async function finishVersion(job: ExportJob, name: string, v: SourceVersion, found: SourceVersion | null): Promise<void> {
  const { client } = job;
  const version = String(v.version);
  if (found && found.description !== v.description) await client.send("PATCH", `${api}/model-versions/update`, { name, version, description: v.description });
  if (found) for (const { key, value } of v.tags) if (!found.tags.some((t) => t.key === key && t.value === value)) await client.send("POST", `${api}/model-versions/set-tag`, { name, version, key, value });
  if ((found?.stage ?? "None") !== v.stage) await client.send("POST", `${api}/model-versions/transition-stage`, { name, version, stage: v.stage, archive_existing_versions: false });
}

const modelIdOf = (source: string) => /^models:\/+(m-[0-9a-f]{32})$/.exec(source)?.[1];

/** An address of a run's or logged model's file here, as it is there. */
export function placeThere(job: ExportJob, source: string): string {
  const model = modelIdOf(source);
  if (model) return `models:/${job.ids.get(model) ?? model}`;
  const ofRun = /^runs:\/+([0-9a-f]{32})(\/.*)?$/.exec(source);
  if (ofRun) return `runs:/${job.ids.get(ofRun[1] ?? "") ?? ofRun[1]}${ofRun[2] ?? ""}`;
  const stored = /^mlflow-artifacts:.*\/([0-9a-f]{32}|m-[0-9a-f]{32})\/artifacts(\/.*)?$/.exec(source);
  const id = stored && job.ids.get(stored[1] ?? "");
  const root = id && job.roots.get(id);
  return root ? root.replace(/\/+$/, "") + (stored?.[2] ?? "") : source;
}
