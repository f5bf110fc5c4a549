import type { ShimStatus } from "@/common/shim";

export type { ShimCommand, ShimEvent, ShimGap, ShimSpec, ShimStatus } from "@/common/shim";

/** Paths inside a sandbox; the same in every step of a pipeline. */
export const inside = {
  project: "/project",
  scratch: "/scratch",
  inputs: "/inputs",
  env: "/env",
  home: "/home/user",
  tmp: "/tmp",
} as const;

/** What `startStep` needs. Folders are absolute and exist already, except files that the shim makes in jobDir. */
export type StepSpec = {
  jobId: string;
  /** The job's own folder: spec.json, out.log, status.json, ctl.sock, sock/. Never visible to the step, but for sock/. */
  jobDir: string;
  /** The unpacked tree: /project inside. Handed to the step's uid by startStep. */
  treeDir: string;
  /** Shared by a pipeline: /scratch inside. Handed to the step's uid by startStep. */
  scratchDir: string;
  /** What URIs given as `path` parameters were copied to: /inputs inside, read-only. The runner's own folder; absent: none. */
  inputsDir?: string;
  /** Steps with the same identity run under the same uid: the project's id, so that a pipeline's scratch folder fits all. */
  identity: string;
  /** Run by `bash -c` in /project (or, in a subfolder, see cwd). */
  command: string;
  /** Working folder relative to the tree; "" or left out: the tree itself. */
  cwd?: string;
  /** Added to the base set (PATH, HOME, LANG, TERM, MLFLOW_TRACKING_URI, proxies). LD_… is refused. */
  env: Record<string, string>;
  /** From prepareEnvironment; null: only the machine's /usr. */
  environment: { envDir: string; mounts: string[] } | null;
  /** The tracking server. The step reaches it at http://127.0.0.1:<port> whatever `host` is. */
  tracking: { host: string; port: number; token: string };
  network: "internet" | "tracking-only";
  limits: { memoryBytes: number; processes?: number; fileBytes?: number; logBytes?: number };
  terminal?: { cols: number; rows: number };
};

export type StartedStep = {
  /** The shim. */
  pid: number;
  startTicks: number;
  bootId: string;
  status: ShimStatus;
};

/** What this machine can give; shown on every page concerned. */
export type SandboxReport = {
  mode: "on" | "off" | "unavailable";
  /** One or two sentences for a page, such as "Steps run isolated: …". */
  words: string;
  /** Why it is not `on`, with the mend; null when it is. */
  reason: string | null;
  limits: { memory: "exact" | "polled" | "none"; processes: "exact" | "none" };
};

/** What the start script found or installed: <dataDir>/tools/tools.json. */
export type Tools = {
  uv: string | null;
  bwrap: string | null;
  /** Folder that must be visible for bwrap to run (its libraries stand beside it); null: bwrap alone. */
  bwrapRoot: string | null;
  /** The compiled launcher. */
  launcher: string | null;
  /** Why one of them is null, in words for the page. */
  reasons: { uv?: string; bwrap?: string; launcher?: string };
  /** The machine's Pythons, 3.6 and newer, oldest first. */
  interpreters: Interpreter[];
  packages: PackageSettings;
};

/** `base` is its own folder, shown to steps at the same path; `id` changes with its build. */
export type Interpreter = { path: string; version: string; base: string; id: string };

/** Where the operator has packages come from. Addresses may hold passwords. */
export type PackageSettings = {
  indexUrl: string | null;
  extraIndexUrls: string[];
  findLinks: string[];
  trustedHosts: string[];
  certFile: string | null;
  uvConfig: string | null;
};
