import type { WireLoggedModel } from "../sources/http-wire";
import type { SourceLoggedModel } from "../types";
import { api, chunksOf, type ExportJob, exportTag, unfinished } from "./job";
import { uploadFiles } from "./upload-files";

/** The server writes it itself as versions are registered; set right once they are. */
export const versionsTag = "mlflow.modelVersions";

/** Makes a logged model there, with its metrics and files. Its runs must be there, and not deleted yet. */
export async function exportModel(job: ExportJob, m: SourceLoggedModel, experimentId: string): Promise<void> {
  const { client, ids } = job;
  const tags = m.tags.filter((t) => t.key !== exportTag && t.key !== versionsTag);
  let id = ids.get(m.id);
  const isNew = id === undefined;
  if (id === undefined) {
    const { model } = await client.send<{ model: WireLoggedModel }>("POST", `${api}/logged-models`, {
      experiment_id: experimentId, name: m.name, model_type: m.modelType ?? undefined, source_run_id: m.sourceRunId ? (ids.get(m.sourceRunId) ?? undefined) : undefined,
      params: m.params, tags: [...tags, { key: exportTag, value: m.id + unfinished }],
    });
    id = model.info.model_id;
    ids.set(m.id, id);
    job.roots.set(id, model.info.artifact_uri ?? "");
  }
  for (const [runId, metrics] of groupByRun(m.metrics)) {
    const runThere = ids.get(runId);
    if (!runThere || job.whole.has(runId)) {
      if (!runThere) job.problems.add(`metrics of the logged model ${m.id}`, `the run ${runId} that logged them is not there`);
      continue;
    }
    for (const chunk of chunksOf(metrics, 1000)) {
      await client.send("POST", `${api}/runs/log-batch`, {
        run_id: runThere,
        metrics: chunk.map((x) => ({
          key: x.key, value: Number.isNaN(x.value) ? "NaN" : x.value, timestamp: x.timestampMs, step: x.step, model_id: id, dataset_name: x.datasetName || undefined, dataset_digest: x.datasetDigest || undefined,
          run_id: runThere,
        })),
      });
    }
  }
  const isWhole = await uploadFiles(job, { kind: "model", id: m.id, experimentId: m.experimentId, artifactUri: m.artifactUri }, { id, isNew });
  if (m.status === "LOGGED_MODEL_READY" || m.status === "LOGGED_MODEL_UPLOAD_FAILED") await client.send("PATCH", `${api}/logged-models/${id}`, { model_id: id, status: m.status });
  if (isWhole) {
    await client.send("PATCH", `${api}/logged-models/${id}/tags`, { model_id: id, tags: [...(isNew ? [] : tags), { key: exportTag, value: m.id }] });
    job.whole.add(m.id);
  }
  job.progress.add("loggedModels");
}

function groupByRun<T extends { runId: string }>(metrics: T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const x of metrics) groups.set(x.runId, [...(groups.get(x.runId) ?? []), x]);
  return groups;
}
