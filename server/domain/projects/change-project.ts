import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { deleteExperiment, getExperiment, restoreExperiment, updateExperiment } from "../experiments";
import { requireProject } from "../files";
import { checkProjectName } from "./check-name";
import { checkNameIsFree, freeExperimentName, nameTaken } from "./create-project";
import { type Project, toProject } from "./types";

/** Renames the project and its experiment. @throws DomainError `already_exists`, `invalid`, `not_found`, `forbidden`. */
export async function renameProject(ctx: Ctx, { projectId, name: given }: { projectId: string; name: string }): Promise<Project> {
  const row = await requireProject(ctx, projectId, "edit");
  const name = checkProjectName(given);
  if (name === row.name) return toProject(row);
  await checkNameIsFree(ctx, name);
  await nameExperiment(ctx, row.experimentId, name);
  return update(ctx, projectId, { name, updatedAt: ctx.now() });
}

/** Deletes the project with its experiment; both can be restored. @throws DomainError `conflict` while a launch runs, `not_found`, `forbidden`. */
export async function deleteProject(ctx: Ctx, { projectId }: { projectId: string }): Promise<Project> {
  const row = await requireProject(ctx, projectId, "edit");
  const running = await ctx.db.job.count({ where: { projectId, state: { in: ["queued", "preparing", "running", "stopping"] } } });
  if (running > 0) throw new DomainError("conflict", `'${row.name}' has ${running === 1 ? "a launch" : `${running} launches`} that ${running === 1 ? "has" : "have"} not ended. Stop ${running === 1 ? "it" : "them"}, then delete the project.`);
  const deleted = await update(ctx, projectId, { deletedAt: ctx.now() });
  await deleteExperiment(ctx, { experimentId: row.experimentId }).catch(ignoreState);
  return deleted;
}

/** Brings a deleted project and its experiment back. @throws DomainError `already_exists` when the name is taken meanwhile. */
export async function restoreProject(ctx: Ctx, { projectId }: { projectId: string }): Promise<Project> {
  const row = await requireProject(ctx, projectId, "edit", { isDeletedToo: true });
  if (!row.deletedAt) return toProject(row);
  await checkNameIsFree(ctx, row.name);
  await restoreExperiment(ctx, { experimentId: row.experimentId }).catch(ignoreState);
  await nameExperiment(ctx, row.experimentId, row.name);
  return update(ctx, projectId, { deletedAt: null });
}

async function nameExperiment(ctx: Ctx, experimentId: number, name: string): Promise<void> {
  const experiment = await getExperiment(ctx, { experimentId });
  if (experiment.name === name) return;
  await freeExperimentName(ctx, name);
  // A client may have deleted the experiment by itself; it is renamed all the same when it comes back.
  if (experiment.lifecycleStage !== "active") return;
  await updateExperiment(ctx, { experimentId, name });
}

async function update(ctx: Ctx, id: string, data: { name?: string; updatedAt?: Date; deletedAt?: Date | null }): Promise<Project> {
  const row = await ctx.db.project.update({ where: { id }, data }).catch((error: { code?: string }) => {
    throw error.code === "P2002" ? nameTaken(data.name ?? "") : error;
  });
  announce(ctx, `project:${id}`, `workspace:${ctx.workspaceId}`);
  return toProject(row);
}

/** The experiment is in the wanted state already: a client can delete and restore it by itself. */
function ignoreState(error: unknown): void {
  if (!(error instanceof DomainError && error.kind === "not_found")) throw error;
}
