import type { SourceLoggedModel } from "../types";
import { big, groupRows, listOf, num, type Row, type SqlStore, text, textOrNull } from "./sql-reader";

const pageSize = 200;
const statuses: Record<number, string> = { 1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY", 3: "LOGGED_MODEL_UPLOAD_FAILED" };

export async function* readLoggedModels({ reader, has }: SqlStore, experimentId: string): AsyncIterable<SourceLoggedModel[]> {
  if (!has("logged_models")) return;
  for (let after = ""; ; ) {
    const page: Row[] = await reader.all(`SELECT * FROM logged_models WHERE experiment_id = ? AND model_id > ? ORDER BY model_id LIMIT ${pageSize}`, [Number(experimentId), after]);
    if (page.length === 0) return;
    const ids = page.map((r) => text(r.model_id));
    const of = async (columns: string, table: string) => groupRows(await reader.all(`SELECT model_id, ${columns} FROM ${table} WHERE model_id IN ${listOf(ids)}`, ids), "model_id");
    const params = await of("param_key, param_value", "logged_model_params");
    const tags = await of("tag_key, tag_value", "logged_model_tags");
    const metrics = await of("metric_name, metric_timestamp_ms, metric_step, metric_value, run_id, dataset_name, dataset_digest", "logged_model_metrics");
    yield page.map((r) => {
      const id = text(r.model_id);
      return {
        id,
        experimentId: text(r.experiment_id),
        name: text(r.name),
        artifactUri: text(r.artifact_location),
        status: statuses[num(r.status)] ?? "LOGGED_MODEL_PENDING",
        statusMessage: textOrNull(r.status_message),
        modelType: textOrNull(r.model_type),
        sourceRunId: textOrNull(r.source_run_id) || null,
        creationTimeMs: num(r.creation_timestamp_ms),
        lastUpdatedTimeMs: num(r.last_updated_timestamp_ms),
        isDeleted: r.lifecycle_stage === "deleted",
        params: (params.get(id) ?? []).map((p) => ({ key: text(p.param_key), value: text(p.param_value) })),
        tags: (tags.get(id) ?? []).map((t) => ({ key: text(t.tag_key), value: text(t.tag_value) })),
        metrics: (metrics.get(id) ?? []).map((m) => ({
          key: text(m.metric_name), value: num(m.metric_value), step: big(m.metric_step), timestampMs: big(m.metric_timestamp_ms), runId: text(m.run_id),
          datasetName: text(m.dataset_name), datasetDigest: text(m.dataset_digest),
        })),
      };
    });
    if (page.length < pageSize) return;
    after = ids[ids.length - 1] ?? "";
  }
}
