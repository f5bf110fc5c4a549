import type { KeyValue, SourceDataset, SourceExperiment, SourceLoggedModel, SourcePoint, SourceRun, SourceVersion } from "../types";

/* MLflow's JSON, as far as it is read here. Integers may be numbers or strings of digits. */

type Int = number | string;
type Metric = { key: string; value?: Int; timestamp?: Int; step?: Int };
export type WireExperiment = { experiment_id: string; name: string; artifact_location?: string; lifecycle_stage?: string; creation_time?: Int; last_update_time?: Int; tags?: KeyValue[] };
export type WireRun = {
  info: { run_id?: string; run_uuid?: string; experiment_id: string; run_name?: string; user_id?: string; status?: string; start_time?: Int; end_time?: Int; artifact_uri?: string; lifecycle_stage?: string };
  data?: { metrics?: Metric[]; params?: Partial<KeyValue>[]; tags?: Partial<KeyValue>[] };
  inputs?: { dataset_inputs?: { tags?: KeyValue[]; dataset?: { name?: string; digest?: string; source_type?: string; source?: string; schema?: string; profile?: string } }[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step?: Int }[] };
};
export type WireLoggedModel = {
  info: {
    model_id: string; experiment_id: string; name: string; artifact_uri?: string; status?: string; status_message?: string; model_type?: string; source_run_id?: string;
    creation_timestamp_ms?: Int; last_updated_timestamp_ms?: Int; tags?: KeyValue[];
  };
  data?: { params?: KeyValue[]; metrics?: (Metric & { run_id?: string; dataset_name?: string; dataset_digest?: string })[] };
};
export type WireRegisteredModel = { name: string; description?: string; creation_timestamp?: Int; last_updated_timestamp?: Int; tags?: Partial<KeyValue>[]; aliases?: { alias: string; version: string }[] };
export type WireVersion = {
  name: string; version: string; creation_timestamp?: Int; last_updated_timestamp?: Int; description?: string; user_id?: string; current_stage?: string; source?: string; run_id?: string;
  run_link?: string; status?: string; tags?: Partial<KeyValue>[];
};

const int = (v: Int | undefined): bigint => (v === undefined || v === "" ? 0n : BigInt(v));
const pairs = (list: Partial<KeyValue>[] = []): KeyValue[] => list.map((p) => ({ key: p.key ?? "", value: p.value ?? "" }));

export const toExperiment = (e: WireExperiment): SourceExperiment => ({
  id: e.experiment_id,
  name: e.name,
  artifactLocation: e.artifact_location ?? "",
  lifecycleStage: e.lifecycle_stage === "deleted" ? "deleted" : "active",
  creationTimeMs: e.creation_time === undefined ? null : Number(e.creation_time),
  lastUpdateTimeMs: e.last_update_time === undefined ? null : Number(e.last_update_time),
  tags: pairs(e.tags),
});

export const toMetric = (m: Metric): SourcePoint => ({ key: m.key, value: Number(m.value ?? 0), step: int(m.step), timestampMs: int(m.timestamp) });

export const toRun = ({ info, data, inputs, outputs }: WireRun): SourceRun => ({
  id: info.run_id ?? info.run_uuid ?? "",
  experimentId: info.experiment_id,
  name: info.run_name ?? data?.tags?.find((t) => t.key === "mlflow.runName")?.value ?? "",
  userId: info.user_id ?? "",
  status: info.status ?? "RUNNING",
  startTimeMs: int(info.start_time),
  endTimeMs: info.end_time === undefined || info.end_time === null ? null : int(info.end_time),
  lifecycleStage: info.lifecycle_stage === "deleted" ? "deleted" : "active",
  deletedTimeMs: null,
  artifactUri: info.artifact_uri ?? "",
  params: pairs(data?.params),
  tags: pairs(data?.tags),
  latestMetrics: (data?.metrics ?? []).map(toMetric),
  datasets: (inputs?.dataset_inputs ?? []).map(({ dataset: d, tags }) => ({ dataset: toDataset(d), tags: pairs(tags) })),
  modelInputs: (inputs?.model_inputs ?? []).map((m) => m.model_id),
  modelOutputs: (outputs?.model_outputs ?? []).map((m) => ({ modelId: m.model_id, step: int(m.step) })),
});

const toDataset = (d: { name?: string; digest?: string; source_type?: string; source?: string; schema?: string; profile?: string } = {}): SourceDataset => ({
  name: d.name ?? "", digest: d.digest ?? "", sourceType: d.source_type ?? "", source: d.source ?? "", schema: d.schema, profile: d.profile,
});

export const toLoggedModel = ({ info, data }: WireLoggedModel): SourceLoggedModel => ({
  id: info.model_id,
  experimentId: info.experiment_id,
  name: info.name,
  artifactUri: info.artifact_uri ?? "",
  status: info.status ?? "LOGGED_MODEL_PENDING",
  statusMessage: info.status_message ?? null,
  modelType: info.model_type ?? null,
  sourceRunId: info.source_run_id || null,
  creationTimeMs: Number(info.creation_timestamp_ms ?? 0),
  lastUpdatedTimeMs: Number(info.last_updated_timestamp_ms ?? 0),
  isDeleted: false,
  params: pairs(data?.params),
  tags: pairs(info.tags),
  metrics: (data?.metrics ?? []).map((m) => ({ ...toMetric(m), runId: m.run_id ?? "", datasetName: m.dataset_name ?? "", datasetDigest: m.dataset_digest ?? "" })),
});

export const toVersion = (v: WireVersion): SourceVersion => ({
  version: Number(v.version),
  creationTimeMs: Number(v.creation_timestamp ?? 0),
  lastUpdatedTimeMs: Number(v.last_updated_timestamp ?? 0),
  description: v.description ?? "",
  userId: v.user_id || null,
  stage: v.current_stage || "None",
  source: v.source ?? "",
  storageLocation: null,
  runId: v.run_id ?? "",
  runLink: v.run_link ?? "",
  status: v.status ?? "READY",
  isDeleted: false,
  tags: pairs(v.tags),
});
