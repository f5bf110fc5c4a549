import type { KeyValue, Source, SourceLoggedModel, SourceRun, SourceVersion } from "../types";

/** A side of a comparison: its ids, and what each was before an export gave it a new one. */
export type Side = { source: Source; ids: Map<string, string>; exportTag: string };

/** Reads which ids of these experiments came of an export, so that both sides speak of the same things. */
export async function openSide(source: Source, experiments: string[], exportTag: string): Promise<Side> {
  const ids = new Map<string, string>();
  const note = ({ id, tags }: { id: string; tags: KeyValue[] }) => {
    const from = tags.find((t) => t.key === exportTag)?.value;
    if (from) ids.set(id, from);
  };
  for await (const e of source.experiments(experiments)) {
    for await (const page of source.runs(e.id)) page.forEach(note);
    for await (const page of source.loggedModels(e.id)) page.forEach(note);
  }
  return { source, ids, exportTag };
}

export const originOf = (side: Side, id: string): string => side.ids.get(id) ?? id;

/** Addresses of stored files as whose they are and their path; servers keep them in different places. */
export function placeOf(side: Side, uri: string): string {
  const model = /^models:\/+(m-[0-9a-f]{32})$/.exec(uri)?.[1];
  if (model) return `models:/${originOf(side, model)}`;
  const ofRun = /^runs:\/+([0-9a-f]{32})(\/.*)?$/.exec(uri);
  if (ofRun) return `runs:/${originOf(side, ofRun[1] ?? "")}${ofRun[2] ?? ""}`;
  const stored = /\/([0-9a-f]{32}|m-[0-9a-f]{32})\/artifacts(\/.*)?$/.exec(uri);
  return stored ? `files of ${originOf(side, stored[1] ?? "")}${stored[2] ?? ""}` : uri;
}

const pairs = (side: Side, tags: KeyValue[], left: string[] = []) =>
  Object.fromEntries(
    tags
      .filter((t) => t.key !== side.exportTag && !left.includes(t.key))
      .map((t): [string, string] => [t.key, t.key === "mlflow.parentRunId" ? originOf(side, t.value) : t.value])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** A run as both sides should have it, without its history and files. */
export const canonicalRun = (side: Side, run: SourceRun) => ({
  name: run.name,
  user: run.userId,
  status: run.status,
  start: String(run.startTimeMs),
  end: String(run.endTimeMs),
  stage: run.lifecycleStage,
  params: pairs(side, run.params),
  tags: pairs(side, run.tags),
  latest: Object.fromEntries(run.latestMetrics.map((m): [string, string] => [m.key, `${m.value} at step ${m.step}, ${m.timestampMs}`]).sort(([a], [b]) => (a < b ? -1 : 1))),
  datasets: run.datasets.map(({ dataset, tags }) => JSON.stringify([dataset.name, dataset.digest, dataset.sourceType, dataset.source, dataset.schema ?? null, dataset.profile ?? null, pairs(side, tags)])).sort(),
  modelInputs: run.modelInputs.map((id) => originOf(side, id)).sort(),
  modelOutputs: run.modelOutputs.map((m) => `${originOf(side, m.modelId)} at step ${m.step}`).sort(),
});

export const canonicalModel = (side: Side, m: SourceLoggedModel) => ({
  name: m.name,
  status: m.status,
  type: m.modelType,
  run: m.sourceRunId && originOf(side, m.sourceRunId),
  params: pairs(side, m.params),
  tags: pairs(side, m.tags),
  metrics: [...new Set(m.metrics.map((x) => JSON.stringify([x.key, String(x.value), String(x.step), String(x.timestampMs), originOf(side, x.runId), x.datasetName, x.datasetDigest])))].sort(),
});

export const canonicalVersion = (side: Side, v: SourceVersion) => ({
  description: v.description,
  stage: v.stage,
  run: v.runId && originOf(side, v.runId),
  source: placeOf(side, v.source),
  runLink: v.runLink,
  status: v.status,
  tags: pairs(side, v.tags),
});
