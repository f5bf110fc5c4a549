import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { limits as productLimits } from "@/common/limits";
import { env } from "@/server/env";
import { egressSocketPath, prefaceOf } from "./proxy";
import { type Cgroups, makeCgroups, removeCgroups } from "./sandbox-cgroup";
import { sandboxCommand, type SandboxMount } from "./sandbox-command";
import { egressPort, operatorCertificates, processEnv, stepEnv } from "./sandbox-env";
import { sandboxFiles } from "./sandbox-files";
import { handOver, stepUid } from "./sandbox-identity";
import { describeSandbox } from "./sandbox-probe";
import { inside, type ShimSpec, type ShimStatus, type StartedStep, type StepSpec } from "./sandbox-types";
import { readStatus } from "./shim-status";
import { readTools } from "./tools";

export { describeSandbox } from "./sandbox-probe";

const startWaitMs = 30_000;
const processesMax = 1024;
const fileBytesMax = 64 * 1024 ** 3;

/**
 * Starts a step beside a shim of its own and waits until its first process runs (or has ended already). The shim outlives us.
 *
 * @throws Error in words when steps cannot run here, or the shim did not start.
 */
export async function startStep(spec: StepSpec): Promise<StartedStep> {
  const report = await describeSandbox();
  if (report.mode === "unavailable") throw new Error(`${report.words} ${report.reason ?? ""}`.trim());
  mkdirSync(join(spec.jobDir, "sock"), { recursive: true, mode: 0o755 });
  const isOn = report.mode === "on";
  const uid = isOn ? stepUid(spec.identity) : null;
  handOver(spec.treeDir, uid);
  handOver(spec.scratchDir, uid);
  if (spec.inputsDir) handOver(spec.inputsDir, uid);
  const processes = spec.limits.processes ?? processesMax;
  const cgroups = makeCgroups(spec.jobId, { memoryBytes: spec.limits.memoryBytes, processes });
  const shimSpec: ShimSpec = {
    version: 1,
    jobId: spec.jobId,
    jobDir: spec.jobDir,
    ...(isOn ? sandboxed(spec, uid, cgroups, processes) : plain(spec, cgroups)),
    cols: spec.terminal?.cols ?? 120,
    rows: spec.terminal?.rows ?? 30,
    tracking: { host: spec.tracking.host, port: spec.tracking.port, authorization: `Bearer ${spec.tracking.token}` },
    trackingTcp: !isOn,
    egress: isOn && spec.network === "internet" ? { socketPath: egressSocketPath(), preface: prefaceOf({ jobId: spec.jobId, policy: "internet" }) } : null,
    socketUid: uid,
    logLimitBytes: spec.limits.logBytes ?? productLimits.logBytes,
    memory: { limitBytes: spec.limits.memoryBytes, by: cgroups.hasMemory ? "cgroup" : "poll" },
    cgroups: cgroups.groups,
  };
  try {
    return await startShim(shimSpec);
  } catch (error) {
    removeCgroups(cgroups);
    throw error;
  }
}

type CommandLine = Pick<ShimSpec, "argv" | "env" | "cwd">;

function sandboxed(spec: StepSpec, uid: number | null, cgroups: Cgroups, processes: number): CommandLine {
  const { environment } = spec;
  const mounts: SandboxMount[] = [
    // The base interpreter stands where the environment's links point to.
    ...(environment?.mounts ?? []).map((path) => ({ from: path, to: path })),
    ...(environment ? [{ from: environment.envDir, to: inside.env }] : []),
    { from: spec.treeDir, to: inside.project, isWritable: true },
    { from: spec.scratchDir, to: inside.scratch, isWritable: true },
    ...(spec.inputsDir ? [{ from: spec.inputsDir, to: inside.inputs }] : []),
  ];
  const tools = readTools();
  const certificates = operatorCertificates(tools.packages);
  if (certificates?.isHidden) mounts.push({ from: certificates.file, to: certificates.file });
  const relays = [{ port: spec.tracking.port, socket: "tracking.sock" }];
  if (spec.network === "internet") relays.push({ port: egressPort, socket: "egress.sock" });
  const argv = sandboxCommand({
    tools,
    uid,
    mounts,
    ...sandboxFiles(),
    socketDir: join(spec.jobDir, "sock"),
    relays,
    cwd: spec.cwd ? join(inside.project, join("/", spec.cwd)) : inside.project,
    argv: ["/bin/bash", "-c", spec.command],
    cgroupProcsFiles: cgroups.procsFiles,
    limits: { processes, fileBytes: spec.limits.fileBytes ?? fileBytesMax },
  });
  const variables = stepEnv({ trackingUri: `http://127.0.0.1:${spec.tracking.port}`, hasEnvironment: environment !== null, hasEgress: spec.network === "internet", extra: { ...certificates?.variables, ...spec.env } });
  return { argv, env: variables, cwd: "/" };
}

/** FLOWBOOK_SANDBOX=off: the server's own user, its files and its network; only its variables are kept from the step. */
function plain(spec: StepSpec, cgroups: Cgroups): CommandLine {
  const { launcher } = readTools();
  const command = ["/bin/bash", "-c", spec.command];
  const joined = cgroups.procsFiles.flatMap((file) => ["--cgroup", file]);
  const { environment } = spec;
  const variables = stepEnv({ trackingUri: "http://127.0.0.1:{trackingPort}", hasEnvironment: false, hasEgress: false, extra: spec.env });
  if (environment) {
    variables.VIRTUAL_ENV = environment.envDir;
    variables.PATH = `${environment.envDir}/bin:${variables.PATH}`;
  }
  variables.HOME = spec.scratchDir;
  variables.TMPDIR = "/tmp";
  return {
    argv: launcher ? [launcher, "outer", ...joined, "--rlimit", "core", "0", "--", launcher, "inner", "--", ...command] : command,
    env: variables,
    cwd: join(spec.treeDir, join("/", spec.cwd ?? "")),
  };
}

async function startShim(spec: ShimSpec): Promise<StartedStep> {
  const specFile = join(spec.jobDir, "spec.json");
  const errorFile = join(spec.jobDir, "shim.err");
  rmSync(join(spec.jobDir, "status.json"), { force: true });
  writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 });
  const errors = openSync(errorFile, "w", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [...shimProgram(), specFile], {
      cwd: env().appDir,
      detached: true,
      stdio: ["ignore", errors, errors],
      env: processEnv({ PATH: "/usr/local/bin:/usr/bin:/bin" }),
    });
  } finally {
    closeSync(errors);
  }
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  child.unref();
  const until = Date.now() + startWaitMs;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs + 5, 50)) {
    const status = await readStatus(spec.jobDir);
    if (status && status.state !== "starting") return started(status);
    const said = () => readFileSync(errorFile, "utf8").trim().split("\n").slice(-3).join(" ");
    if (failure) throw new Error(`The step's shim could not be started: ${failure.message}`);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The step's shim ended at once: ${said() || `exit ${child.exitCode ?? child.signalCode}`}`);
    if (Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`The step's shim did not start within ${startWaitMs / 1000} s. ${said()}`.trim());
    }
    await new Promise((done) => setTimeout(done, waitMs));
  }
}

const started = (status: ShimStatus): StartedStep => ({ pid: status.pid, startTicks: status.startTicks, bootId: status.bootId, status });

/** The bundle beside the bundled runner; the source when we run from source. */
function shimProgram(): string[] {
  const { appDir } = env();
  const bundle = join(appDir, "dist", "shim.mjs");
  if (fileURLToPath(import.meta.url).startsWith(join(appDir, "dist")) && existsSync(bundle)) return ["--enable-source-maps", bundle];
  return ["--import", "tsx", join(appDir, "server", "shim", "main.ts")];
}
