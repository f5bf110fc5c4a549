import { placeOf } from "../artifact-place";
import { RestError } from "../rest-client";
import { toExperiment, type WireExperiment, type WireRun } from "../sources/http-wire";
import { HttpSource } from "../sources/http-source";
import { eachAtOnce, goOn } from "../problems";
import type { SourceExperiment, SourceRun } from "../types";
import { api, type ExportJob, exportTag, unfinished } from "./job";

/** Finds or makes the experiment of the same name, ready to be written to. @returns its id there. */
export async function ensureExperiment(job: ExportJob, source: SourceExperiment): Promise<string> {
  const { client, problems } = job;
  const isElsewhere = placeOf(source.artifactLocation).kind === "elsewhere";
  const found = await byName(job, source.name);
  if (!found) {
    const made = await client.send<{ experiment_id: string }>("POST", `${api}/experiments/create`, {
      name: source.name, tags: source.tags, ...(isElsewhere ? { artifact_location: source.artifactLocation } : {}),
    });
    return made.experiment_id;
  }
  if (found.lifecycleStage === "deleted") await client.send("POST", `${api}/experiments/restore`, { experiment_id: found.id });
  for (const { key, value } of source.tags) {
    const there = found.tags.find((t) => t.key === key);
    if (!there) await client.send("POST", `${api}/experiments/set-experiment-tag`, { experiment_id: found.id, key, value });
    else if (there.value !== value) problems.note(`tag '${key}' of experiment '${source.name}' keeps the value it has there`);
  }
  return found.id;
}

async function byName(job: ExportJob, name: string): Promise<SourceExperiment | null> {
  try {
    return toExperiment((await job.client.get<{ experiment: WireExperiment }>(`${api}/experiments/get-by-name`, { experiment_name: name })).experiment);
  } catch (error) {
    if (error instanceof RestError && error.status === 404) return null;
    throw error;
  }
}

/** Reads which runs and logged models an earlier export put into this experiment there. */
export async function findExported(job: ExportJob, experimentId: string): Promise<void> {
  const there = new HttpSource(job.client);
  const note = (owner: { id: string; artifactUri: string; tags: { key: string; value: string }[] }) => {
    const value = owner.tags.find((t) => t.key === exportTag)?.value;
    if (value === undefined) return;
    const from = value.replace(unfinished, "");
    job.ids.set(from, owner.id);
    job.roots.set(owner.id, owner.artifactUri);
    if (from === value) job.whole.add(from);
  };
  for await (const page of there.runs(experimentId)) {
    for (const run of page) {
      note(run);
      // Deleting its experiment marked the run deleted; what is not whole must be writable.
      const isUnfinished = run.tags.some((t) => t.key === exportTag && t.value.endsWith(unfinished));
      if (isUnfinished && run.lifecycleStage === "deleted") await job.client.send("POST", `${api}/runs/restore`, { run_id: run.id });
    }
  }
  for await (const page of there.loggedModels(experimentId)) for (const model of page) note(model);
}

/** Makes the runs that are not there yet, empty: then each can name its parent, whichever is filled first. */
export async function makeRuns(job: ExportJob, page: SourceRun[], experimentId: string): Promise<void> {
  await eachAtOnce(page.filter((r) => !job.ids.has(r.id)), 4, async (run) => {
    goOn(job.signal);
    const { run: made } = await job.client.send<{ run: WireRun }>("POST", `${api}/runs/create`, {
      experiment_id: experimentId, user_id: run.userId, start_time: run.startTimeMs, run_name: run.name, tags: [{ key: exportTag, value: run.id + unfinished }],
    });
    const id = made.info.run_id ?? made.info.run_uuid ?? "";
    job.ids.set(run.id, id);
    job.fresh.add(run.id);
    job.roots.set(id, made.info.artifact_uri ?? "");
  });
}
