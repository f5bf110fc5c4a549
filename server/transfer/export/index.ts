import { eachAtOnce, goOn, isOfOneThing, Problems } from "../problems";
import { bytes, count, Progress, type Say } from "../progress";
import { tellBothSides } from "../report";
import { type RestClient, RestError } from "../rest-client";
import { HttpSource } from "../sources/http-source";
import { tallyOf } from "../tally-of";
import type { Source, SourceExperiment } from "../types";
import { ensureExperiment, findExported, makeRuns } from "./export-experiments";
import { exportModel, versionsTag } from "./export-model";
import { exportRegistry } from "./export-registry";
import { fillRun } from "./fill-run";
import { api, type ExportJob, exportTag, makeTurn } from "./job";

export { exportTag };

export type ExportOptions = { source: Source; client: RestClient; experiments: string[]; withArtifacts: boolean; signal: AbortSignal; say: Say; keepReport: (text: string) => void };
type Pair = { here: SourceExperiment; there: string };

const width = 4;

/**
 * Writes a store to a tracking server over MLflow's REST API and counts both sides. Runs and logged models get new ids there, as the
 * server gives them; a tag on each says which it was, by which the same call goes on where one was cut off.
 *
 * @returns whether all is there. @throws Interrupted, or what stopped the work.
 */
export async function runExport({ source, client, experiments, withArtifacts, signal, say, keepReport }: ExportOptions): Promise<boolean> {
  const problems = new Problems();
  const progress = new Progress(say);
  const job: ExportJob = { source, client, progress, problems, signal, withArtifacts, ids: new Map(), roots: new Map(), whole: new Set(), fresh: new Set(), registered: new Set(), inTurn: makeTurn() };
  const pairs: Pair[] = [];
  progress.start();
  try {
    for await (const here of source.experiments(experiments)) {
      goOn(signal);
      const there = await ensureExperiment(job, here);
      pairs.push({ here, there });
      await findExported(job, there);
      progress.add("experiments");
    }
    progress.totalRuns = 0;
    for (const pair of pairs) await eachPage(job, source.runs(pair.here.id), async (page) => {
      progress.totalRuns = (progress.totalRuns ?? 0) + page.length;
      await makeRuns(job, page, pair.there);
    });
    for (const pair of pairs) await exportModels(job, pair);
    for (const pair of pairs) await exportRuns(job, pair);
    const isAll = experiments.length === 0;
    await exportRegistry(job, (model) => isAll || model.versions.some((v) => job.ids.has(v.runId) || job.ids.has(/^models:\/+(m-.+)$/.exec(v.source)?.[1] ?? "")));
    for (const pair of pairs) await setModelVersionsTags(job, pair);
    for (const pair of pairs) if (pair.here.lifecycleStage === "deleted") await deleteExperiment(job, pair);
  } finally {
    progress.stop();
    problems.tell(say);
    keepReport(problems.all());
  }
  say("Counting both sides…");
  const names = pairs.map((p) => p.here.name);
  const isOurs = (tags: { key: string }[]) => tags.some((t) => t.key === exportTag);
  const left = await tallyOf(source, names, { withArtifacts, registry: experiments.length === 0 ? "all" : "none" });
  const right = await tallyOf(new HttpSource(client), names, { withArtifacts, registry: experiments.length === 0 ? "all" : "none", only: isOurs, without: exportTag, say });
  const differences = tellBothSides(say, ["here", "there"], left, right);
  const isWhole = differences === 0 && problems.count === 0;
  const { runs = 0, metricPoints = 0, artifactBytes = 0, skippedRuns } = progress.done;
  say(`${isWhole ? "All is there" : "Not all is there"}: ${count(runs)} runs, ${count(metricPoints)} points and ${bytes(artifactBytes)} of files in ${progress.secondsSoFar().toFixed(1)} s${skippedRuns > 0 ? `; ${count(skippedRuns)} runs were there before` : ""}.`);
  return isWhole;
}

async function eachPage<T>(job: ExportJob, pages: AsyncIterable<T[]>, work: (page: T[]) => Promise<void>): Promise<void> {
  for await (const page of pages) {
    goOn(job.signal);
    await work(page);
  }
}

async function guard(job: ExportJob, what: string, work: () => Promise<void>): Promise<void> {
  goOn(job.signal);
  try {
    await work();
  } catch (error) {
    if (!isOfOneThing(error)) throw error;
    job.problems.add(what, error);
  }
}

const exportModels = (job: ExportJob, { here, there }: Pair) =>
  eachPage(job, job.source.loggedModels(here.id), (page) =>
    eachAtOnce(page.filter((m) => !m.isDeleted && !job.whole.has(m.id)), width, (m) => guard(job, `the logged model ${m.id}`, () => exportModel(job, m, there))),
  );

const exportRuns = (job: ExportJob, { here }: Pair) =>
  eachPage(job, job.source.runs(here.id), async (page) => {
    job.progress.done.skippedRuns += page.filter((r) => job.whole.has(r.id)).length;
    await eachAtOnce(page.filter((r) => !job.whole.has(r.id)), width, (run) => guard(job, `the run ${run.id}`, () => fillRun(job, run, job.fresh.has(run.id))));
  });

/** As versions were registered, the server wrote this tag anew; it shall say what it said. */
const setModelVersionsTags = (job: ExportJob, { here }: Pair) =>
  eachPage(job, job.source.loggedModels(here.id), (page) =>
    eachAtOnce(page, width, async (m) => {
      const id = job.ids.get(m.id);
      const tag = m.tags.find((t) => t.key === versionsTag);
      if (!id || !job.registered.has(m.id)) return;
      await guard(job, `tag ${versionsTag} of ${m.id}`, async () => {
        if (tag) await job.client.send("PATCH", `${api}/logged-models/${id}/tags`, { model_id: id, tags: [tag] });
        else await job.client.send("DELETE", `${api}/logged-models/${id}/tags/${versionsTag}`, { model_id: id, tag_key: versionsTag }).catch(ignoreMissing);
      });
    }),
  );

function ignoreMissing(error: unknown): void {
  if (!(error instanceof RestError && error.status === 404)) throw error;
}

/** Deleting an experiment marks its runs deleted; those that are active in it here are brought back. */
async function deleteExperiment(job: ExportJob, { here, there }: Pair): Promise<void> {
  await job.client.send("POST", `${api}/experiments/delete`, { experiment_id: there });
  await eachPage(job, job.source.runs(here.id), async (page) => {
    for (const run of page) {
      const id = job.ids.get(run.id);
      if (run.lifecycleStage === "active" && id) await job.client.send("POST", `${api}/runs/restore`, { run_id: id });
    }
  });
}
