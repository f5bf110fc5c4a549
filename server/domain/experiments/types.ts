export type KeyValue = { key: string; value: string };
export type LifecycleStage = "active" | "deleted";
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export type Experiment = {
  id: number;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTimeMs: number;
  lastUpdateTimeMs: number;
  tags: KeyValue[];
};

export type ExperimentPage = { experiments: Experiment[]; nextPageToken?: string };
