import type { KeyValue, LifecycleStage, ViewType } from "../experiments";

export type { KeyValue, LifecycleStage, ViewType };

export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof runStatuses)[number];
export const isTerminal = (status: RunStatus): boolean => status === "FINISHED" || status === "FAILED" || status === "KILLED";

/** A run without its data. */
export type RunRecord = {
  id: string;
  experimentId: number;
  name: string;
  status: RunStatus;
  startTimeMs: number;
  /** Null until it has ended. */
  endTimeMs: number | null;
  lifecycleStage: LifecycleStage;
  artifactUri: string;
  userId: string;
  parentRunId: string | null;
};

/** A metric's value is null where NaN was logged, as JSON has no NaN. */
export type LatestMetric = { key: string; value: number | null; step: number; timestampMs: number };
export type Dataset = { name: string; digest: string; sourceType: string; source: string; schema: string | null; profile: string | null };
export type DatasetInput = { dataset: Dataset; tags: KeyValue[] };
export type RunInputs = { datasets: DatasetInput[]; models: { modelId: string }[] };
export type RunOutputs = { models: { modelId: string; step: number }[] };

/** A run as pages and scripts see it; safe in JSON. */
export type RunDetail = RunRecord & {
  params: KeyValue[];
  tags: KeyValue[];
  latestMetrics: LatestMetric[];
  inputs: RunInputs;
  outputs: RunOutputs;
};

/** A node of a run's tree. */
export type RunSummary = RunRecord & { entryPoint: string | null };

/** As MLflow clients must get it: int64 whole, NaN as NaN. */
export type ExactMetric = { key: string; value: number; step: bigint; timestampMs: bigint };
export type ExactRunRecord = Omit<RunRecord, "startTimeMs" | "endTimeMs"> & { startTimeMs: bigint; endTimeMs: bigint | null };
export type ExactRun = ExactRunRecord & {
  params: KeyValue[];
  tags: KeyValue[];
  latestMetrics: ExactMetric[];
  inputs: RunInputs;
  outputs: { models: { modelId: string; step: bigint }[] };
};

export function toRunRecord(run: ExactRunRecord): RunRecord {
  const { id, experimentId, name, status, lifecycleStage, artifactUri, userId, parentRunId } = run;
  return {
    id, experimentId, name, status, lifecycleStage, artifactUri, userId, parentRunId,
    startTimeMs: Number(run.startTimeMs),
    endTimeMs: run.endTimeMs === null ? null : Number(run.endTimeMs),
  };
}

export function toRunDetail(run: ExactRun): RunDetail {
  return {
    ...toRunRecord(run),
    params: run.params,
    tags: run.tags,
    latestMetrics: run.latestMetrics.map((m) => ({
      key: m.key,
      value: Number.isNaN(m.value) ? null : m.value,
      step: Number(m.step),
      timestampMs: Number(m.timestampMs),
    })),
    inputs: run.inputs,
    outputs: { models: run.outputs.models.map((m) => ({ modelId: m.modelId, step: Number(m.step) })) },
  };
}
