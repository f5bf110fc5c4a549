import type { Outline } from "@/common/mlproject";

export type EnvironmentRequest = {
  /** The unpacked project tree; only its environment files are read, never through a symlink out of it. */
  treeDir: string;
  outline: Pick<Outline, "envKind" | "envPath">;
  /** MLflow's env_manager: "local" means no environment of its own is built; null or others: by the files. */
  envManager?: string | null;
  /** Text for the job's log (the build log is its first part). Lines end in \r\n. */
  log: (text: string) => void;
  signal?: AbortSignal;
};

export type PreparedEnvironment = {
  /** Mounted read-only at /env. */
  envDir: string;
  /** Inside a sandbox: /env/bin/python. */
  pythonPath: string;
  key: string;
  packageCount: number;
  pythonVersion: string;
  /** Further folders a step needs at the same path, read-only: the base interpreter's. */
  mounts: string[];
  /** True: found in the cache. */
  isWarm: boolean;
};

/** The environment cannot be had; `message` names file, line and mend, for the job's reason. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  constructor(
    message: string,
    readonly place?: { path: string; line?: number },
  ) {
    super(message);
  }
}
