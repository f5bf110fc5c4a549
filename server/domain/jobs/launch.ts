import { newRunId } from "@/common/ids";
import { checkParameters, CommandError, type EntryPoint, type ParameterValue, renderCommand } from "@/common/mlproject";
import { requireAccess } from "@/server/access";
import { actorUserId, type Ctx, isPerson } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { freezeVersion, getOutline, getProject } from "../projects";
import { createJob } from "./create-job";
import { findEntryPoint } from "./find-entry-point";
import type { Job } from "./job-record";

export type LaunchInput = {
  /** Id or name. */
  projectId: string;
  /** `main` when absent. */
  entryPoint?: string;
  parameters?: Record<string, ParameterValue>;
  /** MLflow's env manager; absent: by the project's files. */
  envManager?: string;
  backend?: string;
  runName?: string;
};

const envManagers = ["local", "virtualenv", "uv", "conda"];

/**
 * Launches an entry point of the project as it stands, unsaved co-edits included: checks the parameters strictly, freezes the
 * tree under the run's ref, and queues a job for a runner.
 *
 * @throws DomainError `invalid` with a problem for each refused field; `forbidden` for a viewer.
 */
export async function launch(ctx: Ctx, input: LaunchInput): Promise<Job> {
  requireAccess(ctx, "launch");
  const project = await getProject(ctx, { idOrName: input.projectId });
  if (input.backend !== undefined && input.backend !== "local") throw refused("backend", `There is no backend '${input.backend}'. This server has: local.`);
  if (input.envManager !== undefined && !envManagers.includes(input.envManager)) {
    throw refused("env_manager", `There is no env_manager '${input.envManager}'. Write one of ${envManagers.join(", ")}, or leave it out.`);
  }

  const outline = await getOutline(ctx, { projectId: project.id });
  const entryPoint = findEntryPoint(outline, input.entryPoint ?? "main");
  const { values, problems } = checkParameters(entryPoint, input.parameters ?? {}, { strict: true });
  if (problems.length > 0) throw invalid(problems.map((p) => `${p.field}: ${p.message}`).join(" "), problems);
  const command = render(entryPoint, values);

  const runId = newRunId();
  const userName = isPerson(ctx.actor) ? ctx.actor.name : "owner";
  const version = await freezeVersion(ctx, { projectId: project.id, runId, message: `Launch ${entryPoint.name}\n\nRun ${runId} by ${userName}` });
  return createJob(ctx, {
    runId,
    project,
    experimentId: project.experimentId,
    entryPoint,
    parameters: values,
    params: values,
    command,
    version,
    ...(input.runName ? { runName: input.runName } : {}),
    envManager: input.envManager ?? null,
    launchedBy: isPerson(ctx.actor) && ctx.actor.scope !== null ? "api" : "person",
    launchedById: actorUserId(ctx),
    userName,
    parent: null,
  });
}

/** @throws DomainError `invalid` where MLflow would raise KeyError and the like. */
export function render(entryPoint: EntryPoint, values: Record<string, string>): string {
  try {
    return renderCommand(entryPoint, values);
  } catch (error) {
    if (error instanceof CommandError) throw refused("entry_point", `The command of '${entryPoint.name}' (line ${entryPoint.line}) cannot be made: ${error.message}`);
    throw error;
  }
}

const refused = (field: string, message: string) => invalid(message, [{ field, message }]);
