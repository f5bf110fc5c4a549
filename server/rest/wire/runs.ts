import { z } from "zod";
import { runStatuses } from "@/server/domain/runs";
import { double, experimentId, int32, int64, keyValue, keyValues, list, oneOf, plainOr, required, requiredInt64, requiredList, text, wellFormedRunId } from "./fields";
import { viewType } from "./experiments";

const statusName = oneOf(runStatuses);
const anyRunId = { run_id: text, run_uuid: text };

export const createRun = z.object({ experiment_id: experimentId, user_id: text, start_time: int64, run_name: text, tags: keyValues });
export const runById = z.object(anyRunId);
export const updateRun = z.object({ ...anyRunId, status: statusName, end_time: int64, run_name: text });
export const searchRuns = z.object({
  experiment_ids: list(z.string()),
  filter: text,
  run_view_type: viewType,
  max_results: int32,
  order_by: list(z.string()),
  page_token: text,
});
const metric = { key: required, value: double, timestamp: requiredInt64, step: int64, model_id: text, dataset_name: text, dataset_digest: text };
export const logMetric = z.object({ ...anyRunId, ...metric });
export const logParameter = z.object({ ...anyRunId, key: required, value: text });

type MetricWire = { key: string; value: number; timestamp: number | bigint; step?: number | bigint | undefined; model_id?: string | undefined; dataset_name?: string | undefined; dataset_digest?: string | undefined };

function readPlainMetrics(value: unknown): MetricWire[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const plain: MetricWire[] = [];
  for (const m of value as Record<string, unknown>[]) {
    if (typeof m !== "object" || m === null || m.model_id !== undefined || m.dataset_name !== undefined || m.dataset_digest !== undefined) return undefined;
    const { key, value: v, timestamp, step } = m;
    if (typeof key !== "string" || !/^[\w./ -]{1,250}$/.test(key) || typeof v !== "number" || !Number.isFinite(v) || !Number.isSafeInteger(timestamp)) return undefined;
    if (step !== undefined && !Number.isSafeInteger(step)) return undefined;
    plain.push({ key, value: v, timestamp: timestamp as number, step: step as number | undefined });
  }
  return plain;
}

export const logBatch = z.object({ run_id: wellFormedRunId, metrics: plainOr(readPlainMetrics, list(z.object(metric))), params: keyValues, tags: keyValues });
export const setTag = z.object({ ...anyRunId, ...keyValue.shape });
export const deleteTag = z.object({ ...anyRunId, key: required });
export const logInputs = z.object({
  run_id: wellFormedRunId,
  datasets: list(
    z.object({
      tags: keyValues,
      dataset: z.object({ name: required, digest: required, source_type: required, source: required, schema: text, profile: text }),
    }),
  ),
  models: list(z.object({ model_id: required })),
});
export const logOutputs = z.object({ run_id: required, models: requiredList(z.object({ model_id: required, step: int64 })) });
export const searchDatasets = z.object({ experiment_ids: list(z.string()) });
export const logModel = z.object({ run_id: required, model_json: required });
export const getHistory = z.object({ ...anyRunId, metric_key: required, max_results: int32, page_token: text });
export const getHistoryBulkInterval = z.object({ run_ids: list(z.string()), metric_key: required, start_step: int32, end_step: int32, max_results: int32 });
export const getHistoryBulk = z.object({ run_id: list(z.string()), metric_key: required, max_results: int32 });
