import { posix } from "node:path";
import { newRunId } from "@/common/ids";
import { checkParameters, type EntryPoint, type ParameterValue } from "@/common/mlproject";
import type { Ctx } from "@/server/ctx";
import { DomainError, forbidden, invalid } from "@/server/errors";
import { getProject, getVersionOutline } from "../projects";
import { requireRunAccess } from "../runs";
import { createJob } from "./create-job";
import { findEntryPoint } from "./find-entry-point";
import { activeStates, type Job, jobRow } from "./job-record";
import { render } from "./launch";

export type LaunchNestedInput = {
  /** `.`: the parent's own tree. */
  projectUri: string;
  /** The caller's working folder within the tree, "" for the tree itself: relative `path` values are meant from there. */
  cwd?: string;
  entryPoint?: string;
  parameters?: Record<string, ParameterValue>;
  experimentId?: number;
  /** The run that is active in the caller; absent: the step's own. */
  parentRunId?: string;
  runName?: string;
  version?: string;
  envManager?: string;
};

const activeNestedMax = 100;

/**
 * `mlflow.run(".", …)` in a step: a job of its own, below the step's run. Parameters follow MLflow: types are not checked, only
 * that none is missing. The runner takes the parent's tree as it stands and commits it under the child's ref when it has changed.
 */
export async function launchNested(ctx: Ctx, input: LaunchNestedInput): Promise<Job> {
  const { actor } = ctx;
  if (actor.kind !== "step") throw forbidden("Only a running step launches nested runs. Launch the project instead.");
  if (posix.normalize(input.projectUri).replace(/\/$/, "") !== ".") {
    throw invalid(`'${input.projectUri.slice(0, 200)}' is not this project. A nested run takes an entry point of the same project: mlflow.run(".", …).`);
  }
  if (input.version) throw invalid(`A nested run takes the project's tree as it stands, so version '${input.version.slice(0, 100)}' cannot be had. Leave version out.`);

  const parent = await jobRow(ctx, actor.jobId);
  // The first moments of a step may find its job not yet marked as running.
  if (parent.state !== "running" && parent.state !== "preparing") throw new DomainError("conflict", "This step is being stopped, so nothing is launched below it.");
  const parentRunId = input.parentRunId ?? actor.runId;
  await requireRunAccess(ctx, { runId: parentRunId }, "track");
  const active = await ctx.db.job.count({ where: { rootJobId: actor.rootJobId, state: { in: [...activeStates] } } });
  if (active > activeNestedMax) throw invalid(`This pipeline has ${active} runs that have not ended; ${activeNestedMax} at once is the limit. Wait for some first.`);

  const system: Ctx = { ...ctx, actor: { kind: "system" } };
  const project = await getProject(system, { idOrName: actor.projectId, isDeletedToo: true });
  const outline = await getVersionOutline(system, { projectId: actor.projectId, commit: parent.commit });
  const entryPoint = findEntryPoint(outline, input.entryPoint ?? "main");
  const { values, problems } = checkParameters(entryPoint, input.parameters ?? {}, { strict: false });
  if (problems.length > 0) throw invalid(problems.map((p) => p.message).join(" "), problems);
  const parameters = fromCallersFolder(entryPoint, values, input.cwd ?? "");

  // 0 is what a client sends that knows of no experiment: the parent's is meant.
  const named = input.experimentId !== undefined && input.experimentId !== 0 ? input.experimentId : actor.experimentId;
  const experiment = await ctx.db.experiment.findFirst({ where: { id: named, workspaceId: ctx.workspaceId }, select: { id: true } });
  const person = parent.launchedById ? await ctx.db.user.findUnique({ where: { id: parent.launchedById }, select: { name: true } }) : null;
  return createJob(system, {
    runId: newRunId(),
    project,
    experimentId: experiment?.id ?? actor.experimentId,
    entryPoint,
    parameters,
    params: values,
    command: render(entryPoint, parameters),
    version: { commit: parent.commit, treeHash: parent.treeHash },
    ...(input.runName ? { runName: input.runName } : {}),
    // MLflow's "local" is the caller's own environment.
    envManager: input.envManager === "local" ? parent.envManager : (input.envManager ?? null),
    launchedBy: "nested",
    launchedById: parent.launchedById,
    userName: person?.name ?? "owner",
    parent: { runId: parentRunId, jobId: actor.jobId, rootJobId: actor.rootJobId },
  });
}

/** A step's command runs in the tree itself; what its caller meant from a subfolder is written from the tree. */
function fromCallersFolder(entryPoint: EntryPoint, values: Record<string, string>, cwd: string): Record<string, string> {
  if (cwd === "" || cwd === ".") return values;
  const isLocalPath = (name: string, value: string) =>
    entryPoint.parameters.some((p) => p.name === name && p.kind === "path") && !/^[a-z][a-z0-9+.-]*:/i.test(value) && !value.startsWith("/");
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isLocalPath(name, value) ? posix.join(cwd, value) : value]));
}
