import { getExperiment, importExperiment } from "@/server/domain/experiments";
import { findTransferItems, saveTransferItem } from "@/server/domain/transfers";
import { placeOf } from "../artifact-place";
import { cleanTexts } from "../clean-text";
import { eachAtOnce, goOn, isOfOneThing } from "../problems";
import type { SourceExperiment, SourceRegisteredModel } from "../types";
import { claimModels, claimRuns } from "./claims";
import { importOneModel } from "./import-one-model";
import { importOneRun } from "./import-one-run";
import { importRegistry } from "./import-registry";
import { fingerprintOf, type ImportJob } from "./job";

/** Runs that are on their way at the same time: enough to keep the database busy while files are read. */
const width = 4;

/**
 * Brings experiments with all that hangs below them, then the registry. What is whole here already, and unchanged at its source, is
 * passed over, so the same call goes on where one was cut off. Named experiments bring the registered models made of their runs.
 *
 * @throws Interrupted when the signal says so; whatever else stops the whole work.
 */
export async function importStore(job: ImportJob, wanted: string[]): Promise<void> {
  for await (const experiment of job.source.experiments(wanted)) {
    goOn(job.signal);
    const experimentId = await bringExperiment(job, cleanTexts(experiment));
    for await (const page of job.source.loggedModels(experiment.id)) {
      const claims = await claimModels(job, page);
      await eachAtOnce(page, width, async (model) => {
        goOn(job.signal);
        const item = claims.get(model.id);
        if (!item || (!job.isAgain && item.fingerprint === fingerprintOf(model))) return;
        await guard(job, `the logged model ${model.id}`, () => importOneModel(job, model, item, experimentId));
      });
    }
    for await (const page of job.source.runs(experiment.id)) {
      const claims = await claimRuns(job, page);
      await eachAtOnce(page, width, async (run) => {
        goOn(job.signal);
        const item = claims.get(run.id);
        if (!item) return;
        if (!job.isAgain && item.fingerprint === fingerprintOf(run)) {
          job.progress.done.skippedRuns++;
          return;
        }
        await guard(job, `the run ${run.id}`, () => importOneRun(job, run, item, experimentId));
      });
    }
  }
  await importRegistry(job, wanted.length === 0 ? null : (model) => isOfBroughtRuns(job, model));
}

async function guard(job: ImportJob, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isOfOneThing(error)) throw error;
    job.problems.add(what, error);
  }
}

async function bringExperiment(job: ImportJob, source: SourceExperiment): Promise<number> {
  const { ctx, key, problems } = job;
  const before = (await findTransferItems(ctx, { source: key, kind: "experiment", sourceIds: [source.id] })).get(source.id);
  const known = before && (await getExperiment(ctx, { experimentId: Number(before.targetId) }).catch(() => null));
  const isElsewhere = placeOf(source.artifactLocation).kind === "elsewhere";
  const made = known
    ? { experimentId: known.id, isNew: before.isNew }
    : await importExperiment(ctx, {
        wantedId: /^\d{1,10}$/.test(source.id) ? Number(source.id) : null,
        name: source.name,
        artifactLocation: isElsewhere ? source.artifactLocation : null,
        lifecycleStage: source.lifecycleStage,
        creationTimeMs: source.creationTimeMs,
        lastUpdateTimeMs: source.lastUpdateTimeMs,
        tags: source.tags,
      });
  const here = await getExperiment(ctx, { experimentId: made.experimentId });
  if (!made.isNew) {
    problems.note(`experiment '${source.name}' was here: its runs join experiment ${here.id}${here.lifecycleStage === source.lifecycleStage ? "" : `, which is ${here.lifecycleStage} here`}`);
    for (const { key: tag, value } of source.tags) if (here.tags.find((t) => t.key === tag)?.value !== value) problems.note(`tag '${tag}' of experiment '${source.name}' keeps the value it has here`);
  } else if (String(here.id) !== source.id) {
    problems.note(`experiment ${source.id} '${source.name}' is experiment ${here.id} here, as that id is taken`);
  }
  await saveTransferItem(ctx, {
    source: key,
    kind: "experiment",
    item: { sourceId: source.id, targetId: String(here.id), fromUri: source.artifactLocation, isNew: made.isNew, fingerprint: "done" },
    // Where the experiment was here before, its own tags count on both sides.
    tally: { experiments: 1, experimentTags: made.isNew ? source.tags.length : here.tags.length },
  });
  job.progress.add("experiments");
  return here.id;
}

async function isOfBroughtRuns(job: ImportJob, model: SourceRegisteredModel): Promise<boolean> {
  const runIds = model.versions.map((v) => v.runId).filter(Boolean);
  const modelIds = model.versions.flatMap((v) => /^models:\/+(m-[0-9a-f]{32})$/.exec(v.source)?.[1] ?? []);
  const runs = await findTransferItems(job.ctx, { source: job.key, kind: "run", sourceIds: runIds });
  const models = await findTransferItems(job.ctx, { source: job.key, kind: "model", sourceIds: modelIds });
  return runs.size + models.size > 0;
}
