import type { ExactMetric, ExactRun, ExactRunRecord } from "@/server/domain/runs";
import type { Answer } from "./door";

export function toRunInfo(run: ExactRunRecord): Answer {
  return {
    run_uuid: run.id,
    experiment_id: String(run.experimentId),
    run_name: run.name,
    user_id: run.userId,
    status: run.status,
    start_time: run.startTimeMs,
    // Absent until it is set: a null empties the R client's whole table.
    end_time: run.endTimeMs ?? undefined,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycleStage,
    run_id: run.id,
  };
}

export const toMetric = (m: ExactMetric): Answer => ({ key: m.key, value: m.value, timestamp: m.timestampMs, step: m.step });

export function toRun(run: ExactRun): Answer {
  return {
    info: toRunInfo(run),
    data: toData(run),
    inputs: {
      dataset_inputs: run.inputs.datasets.map(({ dataset: d, tags }) => ({
        tags,
        dataset: { name: d.name, digest: d.digest, source_type: d.sourceType, source: d.source, schema: d.schema ?? undefined, profile: d.profile ?? undefined },
      })),
      model_inputs: run.inputs.models.map((m) => ({ model_id: m.modelId })),
    },
    outputs: { model_outputs: run.outputs.models.map((m) => ({ model_id: m.modelId, step: m.step })) },
  };
}

export const toData = (run: ExactRun): Answer => ({ metrics: run.latestMetrics.map(toMetric), params: run.params, tags: run.tags });
