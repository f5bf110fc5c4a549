import { goOn } from "../problems";
import { toRun, type WireRun } from "../sources/http-wire";
import type { KeyValue, SourcePoint, SourceRun } from "../types";
import { api, type ExportJob, exportTag } from "./job";
import { uploadFiles } from "./upload-files";

const most = { all: 1000, params: 100, tags: 100 };

/** Fills a run that was made there: everything it says, its history, its files, its end; last it is marked whole. */
export async function fillRun(job: ExportJob, run: SourceRun, isFresh: boolean): Promise<void> {
  const { client, ids } = job;
  const runId = ids.get(run.id) ?? "";
  const there = (id: string) => ids.get(id) ?? id;
  const tags = run.tags.filter((t) => t.key !== exportTag).map((t) => (t.key === "mlflow.parentRunId" ? { ...t, value: there(t.value) } : t));
  await logAll(job, runId, [...run.params], tags, run);

  const before = isFresh ? null : toRun((await client.get<{ run: WireRun }>(`${api}/runs/get`, { run_id: runId })).run);
  if (run.datasets.length + run.modelInputs.length > 0) {
    const datasets = run.datasets.map(({ dataset: d, tags: of }) => ({ tags: of, dataset: { name: d.name, digest: d.digest, source_type: d.sourceType, source: d.source, schema: d.schema, profile: d.profile } }));
    // One after another: of two requests that bring one new dataset at once MLflow refuses the second.
    await job.inTurn(() => client.send("POST", `${api}/runs/log-inputs`, { run_id: runId, datasets, models: run.modelInputs.map((id) => ({ model_id: there(id) })) }));
  }
  const outputs = run.modelOutputs.filter((m) => !before?.modelOutputs.some((b) => b.modelId === there(m.modelId)));
  if (outputs.length > 0) await client.send("POST", `${api}/runs/outputs`, { run_id: runId, models: outputs.map((m) => ({ model_id: there(m.modelId), step: m.step })) });

  const isWhole = await uploadFiles(job, { kind: "run", id: run.id, experimentId: run.experimentId, artifactUri: run.artifactUri }, { id: runId, isNew: isFresh });
  await client.send("POST", `${api}/runs/update`, { run_id: runId, status: run.status, ...(run.endTimeMs === null ? {} : { end_time: run.endTimeMs }) });
  if (isWhole) await client.send("POST", `${api}/runs/set-tag`, { run_id: runId, key: exportTag, value: run.id });
  if (run.lifecycleStage === "deleted") await client.send("POST", `${api}/runs/delete`, { run_id: runId });
  if (isWhole) job.whole.add(run.id);
  job.progress.add("runs");
}

/** Params, tags and the whole history, in as few batches as MLflow's limits allow. */
async function logAll(job: ExportJob, runId: string, params: KeyValue[], tags: KeyValue[], run: SourceRun): Promise<void> {
  let points: SourcePoint[] = [];
  const isLatestNan = (p: SourcePoint) => Number.isNaN(p.value) && nanLatest.has(`${p.key}/${p.step}/${p.timestampMs}`);
  const send = async () => {
    const batch = { params: params.splice(0, most.params), tags: tags.splice(0, most.tags) };
    const metrics = points.splice(0, most.all - batch.params.length - batch.tags.length).map((p) => ({ key: p.key, value: Number.isNaN(p.value) ? "NaN" : p.value, timestamp: p.timestampMs, step: p.step }));
    await job.client.send("POST", `${api}/runs/log-batch`, { run_id: runId, metrics, ...batch });
    job.progress.add("metricPoints", metrics.length);
  };
  const nanLatest = new Set(run.latestMetrics.filter((m) => Number.isNaN(m.value)).map((m) => `${m.key}/${m.step}/${m.timestampMs}`));
  for await (const page of job.source.points(run)) {
    // Of a NaN and a 0 at one step and moment MLflow takes the first one logged as the latest.
    if (nanLatest.size > 0) page.sort((x, y) => Number(isLatestNan(y)) - Number(isLatestNan(x)));
    points = points.concat(page);
    while (points.length >= most.all) {
      goOn(job.signal);
      await send();
    }
  }
  while (params.length + tags.length + points.length > 0) await send();
}
