/*
 * What runner and shim say to each other. They meet in files and sockets of the job's folder only: spec.json (in), out.log and
 * status.json (out), ctl.sock (both ways), sock/ (what the step itself connects to).
 */

/** Written by the runner as <jobDir>/spec.json before the shim starts; read once. */
export type ShimSpec = {
  version: 1;
  jobId: string;
  /** Absolute. The shim changes into it, so that its sockets' paths stay short. */
  jobDir: string;
  /** The whole command line of the pty, sandbox included. */
  argv: string[];
  /** The whole environment of that command line; nothing of the shim's own is added. */
  env: Record<string, string>;
  /** Working folder of argv[0]. In the sandbox the sandbox sets its own. */
  cwd: string;
  cols: number;
  rows: number;
  /** Where sock/tracking.sock leads. Its header carries the step's identity; none is inside. */
  tracking: { host: string; port: number; authorization: string } | null;
  /** Also listen on this loopback port for the tracking server: 0 picks one. Without a sandbox there is no relay inside. */
  trackingTcp: boolean;
  /** Where sock/egress.sock leads: the runner's checking proxy, and the line that names this job to it. */
  egress: { socketPath: string; preface: string } | null;
  /** The uid that connects to sock/*; null for our own. */
  socketUid: number | null;
  /** Output past this is dropped, but for the last 64 KiB; the gap is named in the log and in status.json. */
  logLimitBytes: number;
  /** How a step that outgrows its memory is noticed. `poll` sums the tree's PSS once a second. */
  memory: { limitBytes: number; by: "cgroup" | "poll" };
  /** Folders of the step's control groups, removed at the end. */
  cgroups: { kind: "memory-v1" | "pids-v1" | "v2"; dir: string }[];
};

export type ShimGap = { offset: number; bytes: number; reason: "disk full" | "log limit" };

/** <jobDir>/status.json, replaced as a whole each time. */
export type ShimStatus = {
  version: 1;
  state: "starting" | "running" | "exited";
  /** The shim itself. Alive means pid, startTicks (/proc/<pid>/stat field 22) and bootId agree. */
  pid: number;
  startTicks: number;
  bootId: string;
  /** The first process of the command line: killing it ends the whole tree. */
  childPid: number | null;
  /** The loopback port asked for by trackingTcp. */
  trackingPort: number | null;
  /** Null while it runs, and when a signal ended it. A shell's 128 + n stays as it is. */
  exitCode: number | null;
  /** "SIGKILL" and so on: a signal ended the command, or exitCode is the shell's 128 + n. */
  signal: string | null;
  oomKilled: boolean;
  /** Bytes in out.log. */
  bytes: number;
  gaps: ShimGap[];
  startedAtMs: number | null;
  endedAtMs: number | null;
  /** Why it never ran, in words; exitCode is null then. */
  error: string | null;
};

/** One JSON line each, runner to shim over ctl.sock. */
export type ShimCommand =
  | { type: "input"; data: string /* base64 */ }
  | { type: "resize"; cols: number; rows: number }
  /** To the command's process group; SIGKILL takes the whole tree. */
  | { type: "signal"; signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGCONT" | "SIGSTOP" | "SIGKILL" }
  | { type: "kill" }
  /** SIGINT now, SIGTERM and SIGKILL after these; goes on if the runner dies meanwhile. A second one starts no second ladder. */
  | { type: "stop"; termAfterMs: number; killAfterMs: number }
  /** Asks for ShimEvents on this connection. */
  | { type: "watch" };

/** One JSON line each, shim to runner, on a connection that sent `watch`. At most one `log` per 10 ms. */
export type ShimEvent = { type: "log"; bytes: number } | { type: "exited"; status: ShimStatus };
