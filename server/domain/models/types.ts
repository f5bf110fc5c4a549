import type { KeyValue } from "../experiments";

export type { KeyValue };

export const stages = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof stages)[number];
export const loggedModelStatuses = ["LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"] as const;
export type LoggedModelStatus = (typeof loggedModelStatuses)[number];

export type ModelVersion = {
  name: string;
  version: number;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  /** Empty as it was made, null once it was cleared; MLflow tells the two apart. */
  description: string | null;
  stage: Stage;
  source: string;
  /** Where clients download the files from. */
  storageLocation: string;
  runId: string;
  loggedModelId: string | null;
  runLink: string;
  status: string;
  tags: KeyValue[];
  aliases: string[];
};

export type RegisteredModel = {
  id: string;
  name: string;
  description: string | null;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  tags: KeyValue[];
  aliases: { alias: string; version: number }[];
  /** The newest version of each stage. */
  latestVersions: ModelVersion[];
};

export type LoggedModelMetric = { key: string; value: number; step: bigint; timestampMs: bigint; runId: string | null; datasetName: string; datasetDigest: string };
export type LoggedModel = {
  id: string;
  experimentId: number;
  name: string;
  artifactUri: string;
  status: LoggedModelStatus;
  statusMessage: string | null;
  modelType: string | null;
  sourceRunId: string | null;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  params: KeyValue[];
  tags: KeyValue[];
  metrics: LoggedModelMetric[];
};
