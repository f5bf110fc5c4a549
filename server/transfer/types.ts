import type { Readable } from "node:stream";

export type KeyValue = { key: string; value: string };

/** Counts of what a side holds; the report compares those of the two sides. */
export type Tally = {
  experiments: number;
  experimentTags: number;
  runs: number;
  params: number;
  tags: number;
  /** Distinct (key, step, timestamp, value) of runs. */
  metricPoints: number;
  datasets: number;
  modelInputs: number;
  modelOutputs: number;
  loggedModels: number;
  loggedModelParams: number;
  loggedModelTags: number;
  loggedModelMetrics: number;
  artifactFiles: number;
  artifactBytes: number;
  registeredModels: number;
  registeredModelTags: number;
  modelVersions: number;
  modelVersionTags: number;
  aliases: number;
};

export type SourceExperiment = {
  id: string;
  name: string;
  artifactLocation: string;
  lifecycleStage: "active" | "deleted";
  creationTimeMs: number | null;
  lastUpdateTimeMs: number | null;
  tags: KeyValue[];
};

export type SourceDataset = { name: string; digest: string; sourceType: string; source: string; schema?: string; profile?: string };
export type SourcePoint = { key: string; value: number; step: bigint; timestampMs: bigint };

export type SourceRun = {
  id: string;
  experimentId: string;
  name: string;
  userId: string;
  status: string;
  startTimeMs: bigint;
  endTimeMs: bigint | null;
  lifecycleStage: "active" | "deleted";
  /** Null when the source does not say. */
  deletedTimeMs: bigint | null;
  artifactUri: string;
  params: KeyValue[];
  tags: KeyValue[];
  latestMetrics: SourcePoint[];
  datasets: { dataset: SourceDataset; tags: KeyValue[] }[];
  modelInputs: string[];
  modelOutputs: { modelId: string; step: bigint }[];
};

export type SourceModelMetric = SourcePoint & { runId: string; datasetName: string; datasetDigest: string };

export type SourceLoggedModel = {
  id: string;
  experimentId: string;
  name: string;
  artifactUri: string;
  status: string;
  statusMessage: string | null;
  modelType: string | null;
  sourceRunId: string | null;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  isDeleted: boolean;
  params: KeyValue[];
  tags: KeyValue[];
  metrics: SourceModelMetric[];
};

export type SourceVersion = {
  version: number;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  description: string;
  userId: string | null;
  stage: string;
  source: string;
  storageLocation: string | null;
  runId: string;
  runLink: string;
  status: string;
  isDeleted: boolean;
  tags: KeyValue[];
};

export type SourceRegisteredModel = {
  name: string;
  description: string | null;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  tags: KeyValue[];
  aliases: { alias: string; version: number }[];
  /** Every version, in order of its number; deleted ones where the source shows them. */
  versions: SourceVersion[];
};

/** Whose files these are. */
export type FileOwner = { kind: "run" | "model"; id: string; experimentId: string; artifactUri: string };
export type SourceFile = { path: string; sizeBytes: number };

/** Something to read a tracking store from. Every list is read in pages, so that memory does not grow with the store. */
export interface Source {
  /** For people: the address without its password. */
  readonly label: string;
  /** Those named by id or name, or all; deleted ones too. @throws Error when a named one is not there. */
  experiments(wanted: string[]): AsyncIterable<SourceExperiment>;
  runs(experimentId: string): AsyncIterable<SourceRun[]>;
  /** The whole history of a run in pages of at most 20,000 points. */
  points(run: SourceRun): AsyncIterable<SourcePoint[]>;
  loggedModels(experimentId: string): AsyncIterable<SourceLoggedModel[]>;
  registeredModels(): AsyncIterable<SourceRegisteredModel>;
  /** The owner's files, in any order; null when they lie in a store that clients reach by themselves (s3:, gs:, …) and stay there. */
  files(owner: FileOwner): AsyncIterable<SourceFile> | null;
  openFile(owner: FileOwner, path: string): Promise<Readable>;
  /** What these experiments hold by the source's own count, where that costs little. */
  count?(wanted: string[]): Promise<Partial<Tally>>;
  close(): Promise<void>;
}

export const emptyTally = (): Tally => ({
  experiments: 0, experimentTags: 0, runs: 0, params: 0, tags: 0, metricPoints: 0, datasets: 0, modelInputs: 0, modelOutputs: 0, loggedModels: 0, loggedModelParams: 0,
  loggedModelTags: 0, loggedModelMetrics: 0, artifactFiles: 0, artifactBytes: 0, registeredModels: 0, registeredModelTags: 0, modelVersions: 0, modelVersionTags: 0, aliases: 0,
});

export function addTally(to: Tally, more: Partial<Tally>): void {
  for (const key of Object.keys(more) as (keyof Tally)[]) to[key] += more[key] ?? 0;
}
