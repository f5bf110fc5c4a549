import { getRegisteredModel, importAlias, importModelVersion, importRegisteredModel } from "@/server/domain/models";
import { requireLoggedModelAccess } from "@/server/domain/artifacts";
import { requireRunAccess } from "@/server/domain/runs";
import { findTransferItems, saveTransferItem } from "@/server/domain/transfers";
import { cleanTexts } from "../clean-text";
import { goOn, isOfOneThing } from "../problems";
import type { SourceRegisteredModel, SourceVersion } from "../types";
import { idsHere } from "./claims";
import type { ImportJob } from "./job";

/**
 * Brings registered models with versions, tags and aliases. `isChosen` says whether a model comes along when only some experiments do.
 */
export async function importRegistry(job: ImportJob, isChosen: ((model: SourceRegisteredModel) => Promise<boolean>) | null): Promise<void> {
  for await (const model of job.source.registeredModels()) {
    goOn(job.signal);
    if (isChosen && !(await isChosen(model))) continue;
    try {
      await importModel(job, cleanTexts(model));
    } catch (error) {
      if (!isOfOneThing(error)) throw error;
      job.problems.add(`the registered model '${model.name}'`, error);
    }
  }
}

async function importModel(job: ImportJob, model: SourceRegisteredModel): Promise<void> {
  const { ctx, key, problems } = job;
  const { isNew } = await importRegisteredModel(ctx, model);
  const known = await findTransferItems(ctx, { source: key, kind: "version", sourceIds: model.versions.map((v) => `${model.name}/${v.version}`) });
  const numbers = new Map<number, number>();
  for (const v of model.versions) {
    const sourceId = `${model.name}/${v.version}`;
    // A model that had to be made anew was removed here, and its versions with it.
    const before = isNew ? undefined : known.get(sourceId);
    let number = before ? Number(before.targetId.slice(before.targetId.lastIndexOf("/") + 1)) : undefined;
    if (number === undefined) {
      number = (await importModelVersion(ctx, { name: model.name, ...v, ...(await placesHere(job, v)) })).version;
      if (number !== v.version) problems.note(`version ${v.version} of '${model.name}' is taken here; it is now version ${number}`);
    }
    numbers.set(v.version, number);
    const item = { sourceId, targetId: `${model.name}/${number}`, fromUri: v.source, isNew: true, fingerprint: "done" };
    await saveTransferItem(ctx, { source: key, kind: "version", item, tally: { modelVersions: 1, modelVersionTags: v.tags.length } });
    job.progress.add("modelVersions");
  }
  for (const { alias, version } of model.aliases) await importAlias(ctx, { name: model.name, alias, version: numbers.get(version) ?? version });

  const here = await getRegisteredModel(ctx, { name: model.name });
  for (const { alias, version } of model.aliases) {
    const found = here.aliases.find((a) => a.alias === alias);
    if (found?.version !== (numbers.get(version) ?? version)) problems.note(`alias '${alias}' of '${model.name}' stays at version ${found?.version}`);
  }
  for (const { key: tag, value } of model.tags) {
    if (here.tags.find((t) => t.key === tag)?.value !== value) problems.note(`tag '${tag}' of '${model.name}' keeps the value it has here`);
  }
  // Where the model was here before, its own tags and aliases count on both sides.
  const wasHere = !isNew && here.tags.length + here.aliases.length > model.tags.length + model.aliases.length;
  await saveTransferItem(ctx, {
    source: key,
    kind: "registered",
    item: { sourceId: model.name, targetId: model.name, fromUri: "", isNew, fingerprint: "done" },
    tally: { registeredModels: 1, registeredModelTags: wasHere ? here.tags.length : model.tags.length, aliases: wasHere ? here.aliases.length : model.aliases.length },
  });
}

/** Addresses of files that came along lead to where they are now. */
async function placesHere(job: ImportJob, v: SourceVersion) {
  const named = /^models:\/+(m-[0-9a-f]{32})$/.exec(v.source)?.[1] ?? null;
  const runs = v.runId ? await idsHere(job, "run", [v.runId]) : new Map<string, string>();
  const runId = v.runId ? (runs.get(v.runId) ?? v.runId) : null;
  const loggedModelId = named ? ((await idsHere(job, "model", [named])).get(named) ?? named) : null;
  const roots: { from: string; to: string }[] = [];
  for (const [kind, id] of [["run", v.runId], ["model", named ?? ""]] as const) {
    if (id === "") continue;
    const item = (await findTransferItems(job.ctx, { source: job.key, kind, sourceIds: [id] })).get(id);
    const to = item ? await rootHere(job, kind, item.targetId) : null;
    if (item?.fromUri && to) roots.push({ from: item.fromUri, to });
  }
  const moved = (uri: string): string => {
    if (named && loggedModelId && uri === v.source) return `models:/${loggedModelId}`;
    if (v.runId && runId && uri.startsWith(`runs:/${v.runId}`)) return uri.replace(v.runId, runId);
    for (const { from, to } of roots) {
      const path = bare(uri);
      if (path === bare(from) || path.startsWith(`${bare(from)}/`)) return to + path.slice(bare(from).length);
    }
    return uri;
  };
  const source = moved(v.source);
  const modelRoot = named && loggedModelId ? await rootHere(job, "model", loggedModelId) : null;
  return { runId, loggedModelId, source, storageLocation: modelRoot ?? (v.storageLocation ? moved(v.storageLocation) : source) };
}

const bare = (uri: string) => uri.replace(/^file:(\/\/)?/, "").replace(/\/+$/, "");

/** Where an imported run's or logged model's files are now; null when it is not here, or deleted. */
function rootHere(job: ImportJob, kind: "run" | "model", id: string): Promise<string | null> {
  const found = kind === "run" ? requireRunAccess(job.ctx, { runId: id }, "view") : requireLoggedModelAccess(job.ctx, { modelId: id }, "view");
  return found.then(
    (owner) => owner.artifactUri,
    () => null,
  );
}
