import { importLoggedModel, type LoggedModelStatus, loggedModelStatuses, markImportedModelDeleted } from "@/server/domain/models";
import { saveTransferItem, type TransferItem } from "@/server/domain/transfers";
import { placeOf } from "../artifact-place";
import { cleanTexts } from "../clean-text";
import type { SourceLoggedModel } from "../types";
import { idsHere } from "./claims";
import { copyFiles } from "./copy-files";
import { fingerprintOf, type ImportJob } from "./job";

/** Brings one logged model whole, with its files. */
export async function importOneModel(job: ImportJob, source: SourceLoggedModel, item: TransferItem, experimentId: number): Promise<void> {
  const m = cleanTexts(source);
  if (item.fingerprint !== "") await saveTransferItem(job.ctx, { source: job.key, kind: "model", item: { ...item, fingerprint: "" } });
  const artifactUri = placeOf(m.artifactUri).kind === "elsewhere" ? m.artifactUri : `mlflow-artifacts:/${experimentId}/models/${item.targetId}/artifacts`;
  const named = [...new Set([...(m.sourceRunId ? [m.sourceRunId] : []), ...m.metrics.map((x) => x.runId).filter(Boolean)])];
  const runs = await idsHere(job, "run", named);
  const metrics = distinct(m.metrics.map((x) => ({ ...x, runId: runs.get(x.runId) ?? x.runId })));
  await importLoggedModel(job.ctx, {
    id: item.targetId,
    experimentId,
    name: m.name,
    artifactUri,
    status: statusOf(m.status),
    statusMessage: m.statusMessage,
    modelType: m.modelType,
    sourceRunId: m.sourceRunId ? (runs.get(m.sourceRunId) ?? m.sourceRunId) : null,
    creationTimeMs: m.creationTimeMs,
    lastUpdatedTimeMs: m.lastUpdatedTimeMs,
    params: m.params,
    tags: m.tags,
    metrics,
  });
  const { isWhole, ...files } = await copyFiles(job, { kind: "model", id: m.id, experimentId: m.experimentId, artifactUri: m.artifactUri }, artifactUri, item.fingerprint !== "");
  if (m.isDeleted) await markImportedModelDeleted(job.ctx, { modelId: item.targetId, experimentId, deletedTimeMs: m.lastUpdatedTimeMs });
  await saveTransferItem(job.ctx, {
    source: job.key,
    kind: "model",
    item: { ...item, fromUri: m.artifactUri, fingerprint: isWhole ? fingerprintOf(source) : "" },
    tally: { loggedModels: 1, loggedModelParams: m.params.length, loggedModelTags: m.tags.length, loggedModelMetrics: metrics.length, ...files },
  });
  job.progress.add("loggedModels");
}

/** MLflow keeps a model's point once for each run that logged it; here it is one point. */
function distinct<T extends SourceLoggedModel["metrics"][number]>(metrics: T[]): T[] {
  return [...new Map(metrics.map((x) => [JSON.stringify([x.key, String(x.step), String(x.timestampMs), String(x.value), x.datasetName, x.datasetDigest]), x])).values()];
}

const statusOf = (status: string): LoggedModelStatus => loggedModelStatuses.find((s) => s === status) ?? "LOGGED_MODEL_READY";
