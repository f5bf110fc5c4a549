import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { fallbackEntryPoint } from "@/common/mlproject";
import type { Job as JobRow } from "@/generated/prisma/client";
import type { Ctx } from "@/server/ctx";
import { finishJob, readLimits, readParameters, setJobState, stepActorOf, stepTokenFor, stopTree, stopWords } from "@/server/domain/jobs";
import { env } from "@/server/env";
import { asDomainError } from "@/server/errors";
import { log } from "@/server/log";
import { checkOut, type Manifest, readManifest } from "./check-out";
import { cleanUp } from "./clean-up";
import { prepareEnvironment } from "./environment";
import { EnvironmentError } from "./environment-types";
import { freezeChanges } from "./freeze-changes";
import { inputsDir, jobDir, manifestPath, scratchDir, treeDir } from "./job-dirs";
import { JobLog } from "./job-log";
import { persist } from "./persist";
import { readTree } from "./read-tree";
import { type Places, resolveInputs } from "./resolve-inputs";
import { startStep } from "./sandbox";
import { inside, type SandboxReport } from "./sandbox-types";
import { seeThrough } from "./see-through";
import { StepFailure } from "./step-failure";

export type Signals = {
  /** Aborted when somebody asked for the job to end. */
  stop: AbortSignal;
  /** Aborted when the runner goes and the step stays. */
  detach: AbortSignal;
  /** Aborted when the runner goes and takes its steps along: nothing new is started. */
  hold: AbortSignal;
};

/** Carries out a claimed job from the tree to its end. Never throws: whatever goes wrong ends the job with the reason. */
export async function carryOut(ctx: Ctx, job: JobRow, sandbox: SandboxReport, signals: Signals): Promise<void> {
  const jobLog = new JobLog(ctx, job.id, Number(job.logBytes));
  try {
    const isStarted = await start(ctx, job, jobLog, sandbox, signals);
    if (!isStarted) return;
  } catch (error) {
    await endUnstarted(ctx, job, jobLog, error, signals);
    return;
  }
  if (signals.hold.aborted) {
    // The runner was told to go while this one was just starting.
    await persist("stop", () => stopTree(ctx, { jobId: job.id, by: serverStopped }));
    await seeThrough(ctx, job.id, { ...signals, stop: AbortSignal.abort() });
    return;
  }
  await seeThrough(ctx, job.id, signals);
}

/** Begins the reason of what ends with the server. */
export const serverStopped = "the server was stopped";

/** False: it has been put back to the queue. */
async function start(ctx: Ctx, job: JobRow, jobLog: JobLog, sandbox: SandboxReport, { stop, detach, hold }: Signals): Promise<boolean> {
  if (sandbox.mode === "unavailable") throw new StepFailure(`no step can run on this server: ${sandbox.reason ?? sandbox.words}`);
  await mkdir(jobDir(job), { recursive: true, mode: 0o711 });
  await mkdir(scratchDir(job), { recursive: true });
  const frozen = await frozenTree(job);
  const tree = await readTree(treeDir(job), frozen);
  if (job.parentJobId) await freezeChanges(ctx, job, frozen, tree, jobLog);
  const entryPoint = tree.outline.entryPoints.find((e) => e.name === job.entryPoint) ?? fallbackEntryPoint(job.entryPoint);
  if (!entryPoint) throw new StepFailure(`there is no entry point '${job.entryPoint}' any more: the pipeline has changed its MLproject`);
  stop.throwIfAborted();

  const environment = await prepareEnvironment({
    treeDir: treeDir(job),
    outline: tree.outline,
    envManager: job.envManager,
    log: (text) => jobLog.write(text),
    signal: AbortSignal.any([stop, detach, hold]),
  });
  stop.throwIfAborted();

  const actor = await persist("step", () => stepActorOf(ctx, job));
  const places = placesOf(job, sandbox);
  await rm(inputsDir(job), { recursive: true, force: true });
  const { command, hasInputs } = await resolveInputs({ ...ctx, actor }, entryPoint, readParameters(job.parameters), places);
  const logBase = await jobLog.flush();
  await persist("command", () => setJobState(ctx, { jobId: job.id, command, ...(environment ? { environmentKey: environment.key } : {}) }));
  stop.throwIfAborted();
  if (detach.aborted || hold.aborted) {
    await persist("back to the queue", () => setJobState(ctx, { jobId: job.id, state: "queued" }));
    return false;
  }

  const { pid, startTicks, bootId, status } = await startStep({
    jobId: job.id,
    jobDir: jobDir(job),
    treeDir: treeDir(job),
    scratchDir: scratchDir(job),
    ...(hasInputs ? { inputsDir: inputsDir(job) } : {}),
    identity: job.projectId,
    command,
    env: {
      MLFLOW_RUN_ID: job.runId,
      FLOWBOOK_JOB_ID: job.id,
      FLOWBOOK_EXPERIMENT_ID: String(actor.experimentId),
      FLOWBOOK_PROJECT_DIR: places.project.inside,
      FLOWBOOK_SCRATCH: places.scratch.inside,
    },
    environment: environment ? { envDir: environment.envDir, mounts: environment.mounts } : null,
    tracking: { host: ["0.0.0.0", "::"].includes(env().host) ? "127.0.0.1" : env().host, port: env().port, token: stepTokenFor(job.id) },
    network: "internet",
    limits: { memoryBytes: readLimits(job.limits).memoryBytes },
  }).catch((error: Error & { code?: string }) => {
    // Without a code of the system's it is said in words for a person.
    throw error.code === undefined ? new StepFailure(error.message) : error;
  });
  const shim = { pid, startTicks, bootId, dir: jobDir(job), logBase };
  await persist("start", () => setJobState(ctx, { jobId: job.id, state: "running", startedAt: new Date(status.startedAtMs ?? Date.now()), shim }));
  log.info({ jobId: job.id, runId: job.runId, pid }, "a step runs");
  return true;
}

/** A nested job takes its pipeline's tree where that is still there, with what its parent was frozen as; others are written out. */
async function frozenTree(job: JobRow): Promise<Manifest> {
  const parent = job.parentJobId ? { id: job.parentJobId, rootJobId: job.rootJobId } : null;
  if (parent && existsSync(treeDir(job)) && existsSync(manifestPath(parent))) return readManifest(manifestPath(parent));
  return checkOut({ treeHash: job.treeHash, dir: treeDir(job), manifestFile: manifestPath(job) });
}

function placesOf(job: JobRow, sandbox: SandboxReport): Places {
  const outside = { project: treeDir(job), scratch: scratchDir(job), inputs: inputsDir(job) };
  // Without a sandbox a step sees the folders where they are.
  const seen = sandbox.mode === "off" ? outside : inside;
  return {
    project: { inside: seen.project, outside: outside.project },
    scratch: { inside: seen.scratch, outside: outside.scratch },
    inputs: { inside: seen.inputs, outside: outside.inputs },
  };
}

/** Ends a job whose command never ran, and says in its log why. */
async function endUnstarted(ctx: Ctx, job: JobRow, jobLog: JobLog, error: unknown, { stop, detach, hold }: Signals): Promise<void> {
  if (stop.aborted) {
    await jobLog.flush().catch(() => {});
    const row = await persist("stop", () => ctx.db.job.findUniqueOrThrow({ where: { id: job.id } }));
    await persist("end", () => finishJob(ctx, { jobId: job.id, state: "stopped", reason: stopWords(row.stopAskedBy ?? "by the owner", null, null) }));
  } else if (detach.aborted || hold.aborted) {
    await jobLog.flush().catch(() => {});
    await persist("back to the queue", () => setJobState(ctx, { jobId: job.id, state: "queued" }));
    return;
  } else {
    const isKnown = error instanceof StepFailure || error instanceof EnvironmentError;
    const message = isKnown ? error.message : (asDomainError(error)?.message ?? "a fault of the server, which its log names");
    if (isKnown) log.info({ jobId: job.id, reason: message }, "a step could not be started");
    else log.error({ jobId: job.id, err: error }, "a step could not be started");
    jobLog.write(`\x1b[31m${message}\x1b[0m\r\n`);
    await jobLog.flush().catch(() => {});
    await persist("end", () => finishJob(ctx, { jobId: job.id, state: "failed", reason: message }));
  }
  await cleanUp(ctx, job);
}
