import { appendImportedPoints, finishImportedRun, importRun, logInputs, logOutputs, type RunStatus, runStatuses } from "@/server/domain/runs";
import { saveTransferItem, type TransferItem } from "@/server/domain/transfers";
import { placeOf } from "../artifact-place";
import { cleanTexts } from "../clean-text";
import { goOn } from "../problems";
import type { KeyValue, SourceRun, Tally } from "../types";
import { idsHere } from "./claims";
import { copyFiles } from "./copy-files";
import { fingerprintOf, type ImportJob } from "./job";

/** Brings one run whole: what it says, its history, its files, and last its stage. Then it is written down as done. */
export async function importOneRun(job: ImportJob, source: SourceRun, item: TransferItem, experimentId: number): Promise<void> {
  const { ctx } = job;
  // No longer whole while it is done again.
  if (item.fingerprint !== "") await saveTransferItem(ctx, { source: job.key, kind: "run", item: { ...item, fingerprint: "" } });
  const fingerprint = fingerprintOf(source);
  const run = cleanTexts(source);
  if (run !== source) job.problems.note(`run ${run.id}: characters that cannot be stored (NUL, broken surrogates) are now \ufffd`);
  const isElsewhere = placeOf(run.artifactUri).kind === "elsewhere";
  const artifactUri = isElsewhere ? run.artifactUri : `mlflow-artifacts:/${experimentId}/${item.targetId}/artifacts`;
  if (isElsewhere) job.problems.note(`artifacts at ${placeWord(run.artifactUri)} stay there; clients read them as before`);
  const name = run.name || run.id;
  const tags = await tagsHere(job, run.tags, name);
  const parentRunId = tags.find((t) => t.key === "mlflow.parentRunId")?.value ?? "";

  const imported = await importRun(ctx, {
    id: item.targetId,
    experimentId,
    name,
    userId: run.userId,
    status: statusOf(run.status),
    startTimeMs: run.startTimeMs,
    endTimeMs: run.endTimeMs,
    artifactUri,
    parentRunId: /^[0-9a-f]{32}$/.test(parentRunId) && parentRunId !== item.targetId ? parentRunId : null,
    params: run.params,
    tags,
  });
  let metricPoints = 0;
  for await (const page of job.source.points(run)) {
    goOn(job.signal);
    await appendImportedPoints(ctx, imported, cleanTexts(page), run.latestMetrics);
    metricPoints += page.length;
    job.progress.add("metricPoints", page.length);
  }
  const models = await idsHere(job, "model", [...new Set([...run.modelInputs, ...run.modelOutputs.map((m) => m.modelId)])]);
  const modelHere = (id: string) => models.get(id) ?? id;
  if (run.datasets.length > 0 || run.modelInputs.length > 0) await logInputs(ctx, { runId: imported.id, datasets: run.datasets, modelIds: run.modelInputs.map(modelHere) });
  if (run.modelOutputs.length > 0) await logOutputs(ctx, { runId: imported.id, models: run.modelOutputs.map((m) => ({ modelId: modelHere(m.modelId), step: m.step })) });
  const { isWhole, ...files } = await copyFiles(job, { kind: "run", id: run.id, experimentId: run.experimentId, artifactUri: run.artifactUri }, artifactUri, item.fingerprint !== "");
  await finishImportedRun(ctx, imported, { isDeleted: run.lifecycleStage === "deleted", deletedTimeMs: run.deletedTimeMs });

  const tally: Partial<Tally> = {
    runs: 1, params: run.params.length, tags: tags.length, metricPoints, datasets: run.datasets.length, modelInputs: run.modelInputs.length, modelOutputs: run.modelOutputs.length, ...files,
  };
  await saveTransferItem(ctx, { source: job.key, kind: "run", item: { ...item, fromUri: run.artifactUri, fingerprint: isWhole ? fingerprint : "" }, tally });
  job.progress.add("runs");
}

/** A run and its tag mlflow.runName have one name; a parent is named by its id here. */
async function tagsHere(job: ImportJob, tags: KeyValue[], name: string): Promise<KeyValue[]> {
  const parent = tags.find((t) => t.key === "mlflow.parentRunId")?.value;
  const parents = parent ? await idsHere(job, "run", [parent]) : new Map<string, string>();
  const here = tags.map((t) => (t.key === "mlflow.runName" ? { ...t, value: name } : t.key === "mlflow.parentRunId" ? { ...t, value: parents.get(t.value) ?? t.value } : t));
  if (!here.some((t) => t.key === "mlflow.runName")) here.push({ key: "mlflow.runName", value: name });
  return here;
}

const statusOf = (status: string): RunStatus => runStatuses.find((s) => s === status) ?? "FINISHED";
export const placeWord = (uri: string) => `${uri.split("/").slice(0, 3).join("/")}`;
