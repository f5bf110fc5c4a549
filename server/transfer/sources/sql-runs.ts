import type { SourceRun } from "../types";
import { big, bigOrNull, groupRows, listOf, type Row, type SqlStore, text, textOrNull, toPoint } from "./sql-reader";

/** Runs of one page of `runs` rows, with all but their histories. */
export async function readRuns(store: SqlStore, page: Row[]): Promise<SourceRun[]> {
  const { reader } = store;
  const ids = page.map((r) => text(r.run_uuid));
  const ofRuns = async (columns: string, table: string) => groupRows(await reader.all(`SELECT run_uuid, ${columns} FROM ${table} WHERE run_uuid IN ${listOf(ids)} ORDER BY key`, ids), "run_uuid");
  const params = await ofRuns("key, value", "params");
  const tags = await ofRuns("key, value", "tags");
  const latest = await ofRuns("key, value, timestamp, step, is_nan", "latest_metrics");
  const links = await readLinks(store, ids);
  return page.map((r) => {
    const id = text(r.run_uuid);
    const tagList = (tags.get(id) ?? []).map((t) => ({ key: text(t.key), value: text(t.value) }));
    return {
      id,
      experimentId: text(r.experiment_id),
      name: text(r.name) || (tagList.find((t) => t.key === "mlflow.runName")?.value ?? ""),
      userId: text(r.user_id),
      status: text(r.status) || "SCHEDULED",
      startTimeMs: big(r.start_time),
      endTimeMs: bigOrNull(r.end_time),
      lifecycleStage: r.lifecycle_stage === "deleted" ? "deleted" : "active",
      deletedTimeMs: bigOrNull(r.deleted_time),
      artifactUri: text(r.artifact_uri),
      params: (params.get(id) ?? []).map((p) => ({ key: text(p.key), value: text(p.value) })),
      tags: tagList,
      latestMetrics: (latest.get(id) ?? []).map(toPoint),
      datasets: links.datasets.get(id) ?? [],
      modelInputs: (links.inputs.get(id) ?? []).map((l) => text(l.destination_id)),
      modelOutputs: (links.outputs.get(id) ?? []).map((l) => ({ modelId: text(l.destination_id), step: big(l.step) })),
    };
  });
}

/** Datasets and logged models that runs read and made. */
async function readLinks({ reader, has }: SqlStore, ids: string[]) {
  const datasets = new Map<string, SourceRun["datasets"]>();
  if (!has("inputs")) return { datasets, inputs: new Map<string, Row[]>(), outputs: new Map<string, Row[]>() };
  const step = has("inputs", "step") ? "step" : "0 AS step";
  const links = async (kind: string) =>
    groupRows(await reader.all(`SELECT source_id, destination_id, ${step} FROM inputs WHERE source_type = ? AND source_id IN ${listOf(ids)} ORDER BY destination_id`, [kind, ...ids]), "source_id");
  const found = await reader.all(
    `SELECT i.input_uuid, i.destination_id AS run_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
     FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
     WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN ${listOf(ids)} ORDER BY d.name, d.digest`,
    ids,
  );
  const inputIds = found.map((f) => text(f.input_uuid));
  const tags = inputIds.length > 0 ? groupRows(await reader.all(`SELECT input_uuid, name, value FROM input_tags WHERE input_uuid IN ${listOf(inputIds)} ORDER BY name`, inputIds), "input_uuid") : new Map<string, Row[]>();
  for (const f of found) {
    const list = datasets.get(text(f.run_uuid)) ?? [];
    list.push({
      dataset: {
        name: text(f.name), digest: text(f.digest), sourceType: text(f.dataset_source_type), source: text(f.dataset_source),
        schema: textOrNull(f.dataset_schema) ?? undefined, profile: textOrNull(f.dataset_profile) ?? undefined,
      },
      tags: (tags.get(text(f.input_uuid)) ?? []).map((t) => ({ key: text(t.name), value: text(t.value) })),
    });
    datasets.set(text(f.run_uuid), list);
  }
  return { datasets, inputs: await links("RUN_INPUT"), outputs: await links("RUN_OUTPUT") };
}
