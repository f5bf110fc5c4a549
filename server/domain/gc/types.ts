import type { Freed } from "@/server/storage";

/** What a clean-up freed, or would free. Artifacts of what was deleted are in `files`. */
export type GcReport = {
  isDryRun: boolean;
  /** What was deleted before this goes. */
  beforeMs: number;
  runs: number;
  loggedModels: number;
  experiments: number;
  files: Freed;
  /** Bytes in the store that no row names. */
  strayFiles: Freed;
  /** Uploads that were cut off. */
  unfinished: Freed;
  /** Deleted long enough, and left alone: registered model versions, a project or a running step need them. */
  kept: { runs: number; loggedModels: number; experiments: number };
};

export type GcStage = "runs" | "models" | "experiments" | "files" | "done";

export type GcOptions = {
  /** Whether it was deleted before this long ago. */
  olderThanMs: number;
  isDryRun: boolean;
  /** Stops between two batches; what was freed until then is freed. */
  signal?: AbortSignal;
  onProgress?: (stage: GcStage, soFar: GcReport) => void;
};
