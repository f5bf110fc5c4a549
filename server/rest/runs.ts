import { pythonDumps } from "@/server/domain/names";
import {
  createExactRun,
  deleteRun,
  deleteRunTag,
  getExactRun,
  logBatch,
  logInputs,
  logOutputs,
  restoreRun,
  searchDatasets,
  searchRunsAsJson,
  setRunTag,
  updateExactRun,
} from "@/server/domain/runs";
import { invalid } from "@/server/errors";
import { endpoint, rawEndpoint } from "./door";
import { printCompactJson } from "./json";
import { JsonWriter } from "./json-writer";
import type { Route } from "./router";
import { toData, toRun, toRunInfo } from "./run-wire";
import { pythonInt, runIdOf } from "./wire/fields";
import * as wire from "./wire/runs";

const base = "/api/2.0/mlflow/runs";
const datasets = "/api/2.0/mlflow/experiments/search-datasets";

export const runRoutes: Route[] = [
  ["POST", `${base}/create`, endpoint(wire.createRun, async (ctx, input) => {
    const run = await createExactRun(ctx, {
      experimentId: input.experiment_id,
      name: input.run_name,
      userId: input.user_id,
      startTimeMs: input.start_time ?? 0n,
      tags: input.tags,
    });
    return { run: { info: toRunInfo(run), data: toData(run), inputs: {} } };
  })],
  ["GET", `${base}/get`, endpoint(wire.runById, async (ctx, input) => ({ run: toRun(await getExactRun(ctx, { runId: runIdOf(input) })) }))],
  ["POST", `${base}/update`, endpoint(wire.updateRun, async (ctx, input) => {
    const run = await updateExactRun(ctx, { runId: runIdOf(input), status: input.status, endTimeMs: input.end_time, name: input.run_name });
    return { run_info: toRunInfo(run) };
  })],
  ["POST", `${base}/delete`, endpoint(wire.runById, async (ctx, input) => {
    await deleteRun(ctx, { runId: runIdOf(input) });
    return {};
  })],
  ["POST", `${base}/restore`, endpoint(wire.runById, async (ctx, input) => {
    await restoreRun(ctx, { runId: runIdOf(input) });
    return {};
  })],
  ["POST", `${base}/search`, rawEndpoint(wire.searchRuns, async (ctx, input) => {
    const page = await searchRunsAsJson(ctx, {
      experimentIds: experimentIdsOf(input.experiment_ids),
      filter: input.filter,
      orderBy: input.order_by,
      viewType: input.run_view_type,
      maxResults: input.max_results,
      pageToken: input.page_token,
    });
    const writer = new JsonWriter(page.runs.reduce((sum, r) => sum + r.fieldsJson.length + 600, 0));
    for (const [i, { run, fieldsJson }] of page.runs.entries()) {
      writer.write(`${i === 0 ? '{"runs":[' : ","}{"info":${printCompactJson(toRunInfo(run))},`);
      writer.write(fieldsJson);
      writer.write("}");
    }
    writer.write(page.runs.length > 0 ? "]" : "{");
    if (page.nextPageToken) writer.write(`,"next_page_token":${JSON.stringify(page.nextPageToken)}`);
    writer.write("}");
    return writer.done();
  })],
  ["POST", `${base}/log-metric`, endpoint(wire.logMetric, async (ctx, input) => {
    await logBatch(ctx, { runId: runIdOf(input), metrics: [toMetricInput(input)], isSingle: true });
    return {};
  })],
  ["POST", `${base}/log-parameter`, endpoint(wire.logParameter, async (ctx, input) => {
    await logBatch(ctx, { runId: runIdOf(input), params: [{ key: input.key, value: input.value ?? "" }], isSingle: true });
    return {};
  })],
  ["POST", `${base}/log-batch`, endpoint(wire.logBatch, async (ctx, input) => {
    await logBatch(ctx, { runId: input.run_id, metrics: input.metrics.map(toMetricInput), params: input.params, tags: input.tags });
    return {};
  })],
  ["POST", `${base}/set-tag`, endpoint(wire.setTag, async (ctx, input) => {
    await setRunTag(ctx, { runId: runIdOf(input), key: input.key, value: input.value });
    return {};
  })],
  ["POST", `${base}/delete-tag`, endpoint(wire.deleteTag, async (ctx, input) => {
    await deleteRunTag(ctx, { runId: runIdOf(input), key: input.key });
    return {};
  })],
  ["POST", `${base}/log-inputs`, endpoint(wire.logInputs, async (ctx, input) => {
    await logInputs(ctx, {
      runId: input.run_id,
      datasets: input.datasets.map(({ dataset: d, tags }) => ({
        tags,
        dataset: { name: d.name, digest: d.digest, sourceType: d.source_type, source: d.source, schema: d.schema, profile: d.profile },
      })),
      modelIds: input.models.map((m) => m.model_id),
    });
    return {};
  })],
  ["POST", `${base}/outputs`, endpoint(wire.logOutputs, async (ctx, input) => {
    await logOutputs(ctx, { runId: input.run_id, models: input.models.map((m) => ({ modelId: m.model_id, step: m.step ?? 0n })) });
    return {};
  })],
  ["POST", datasets, endpoint(wire.searchDatasets, async (ctx, input) => {
    const found = await searchDatasets(ctx, { experimentIds: experimentIdsOf(input.experiment_ids) });
    return { dataset_summaries: found.map((d) => ({ experiment_id: String(d.experimentId), name: d.name, digest: d.digest, context: d.context ?? undefined })) };
  })],
  ["POST", `${base}/log-model`, endpoint(wire.logModel, async (ctx, input) => {
    await logModelHistory(ctx, input.run_id, input.model_json);
    return {};
  })],
];

type MetricWire = { key: string; value: number; timestamp: number | bigint; step?: number | bigint; model_id?: string; dataset_name?: string; dataset_digest?: string };

function toMetricInput(m: MetricWire) {
  return {
    key: m.key,
    value: m.value,
    timestampMs: m.timestamp,
    step: m.step ?? 0n,
    modelId: m.model_id || undefined,
    datasetName: m.dataset_name,
    datasetDigest: m.dataset_digest,
  };
}

/** Searching an experiment that is not there finds nothing; an id that is no number is refused. */
export function experimentIdsOf(ids: string[]): number[] {
  return ids.map((id) => {
    const number = pythonInt(id);
    if (number === undefined) throw invalid(`Invalid experiment ID '${id.slice(0, 100)}'. Experiment ID must be a valid integer.`);
    return number;
  });
}

/** What 2.x clients say of a model they stored: it is added to the run's tag `mlflow.log-model.history`. */
async function logModelHistory(ctx: Parameters<typeof getExactRun>[0], runId: string, modelJson: string): Promise<void> {
  const model = parseModel(modelJson);
  const run = await getExactRun(ctx, { runId });
  const history = listOf(run.tags.find((t) => t.key === "mlflow.log-model.history")?.value);
  await setRunTag(ctx, { runId, key: "mlflow.log-model.history", value: pythonDumps([...history, ofHistory(model)]) });
}

/** What MLflow keeps of a model there. */
function ofHistory(model: Record<string, unknown>): object {
  const { run_id, artifact_path, utc_time_created, model_uuid = null, flavors } = model;
  return { run_id, artifact_path, utc_time_created, model_uuid, flavors };
}

/** A tag is the client's to write, and a long one is cut: what is no list begins anew. */
function listOf(json: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function parseModel(json: string): Record<string, unknown> {
  let model: unknown;
  try {
    model = JSON.parse(json);
  } catch {
    throw invalid("Malformed model info. The field 'model_json' is not a valid JSON.");
  }
  const needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
  const lacking = typeof model === "object" && model !== null ? needed.filter((k) => !(k in model)) : needed;
  if (lacking.length > 0) throw invalid(`Model json is missing mandatory fields: ${lacking.join(", ")}`);
  return model as Record<string, unknown>;
}
