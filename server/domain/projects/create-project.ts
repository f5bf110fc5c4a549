import { newId } from "@/common/ids";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import { actorUserId, type Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, forbidden, invalid } from "@/server/errors";
import { importFromUrl } from "@/server/git";
import { createExperiment, findExperimentByName, updateExperiment } from "../experiments";
import { insertFiles, type NewFile, prepareFiles } from "../files";
import { checkProjectName } from "./check-name";
import { readZip } from "./read-zip";
import { type Project, toProject } from "./types";

export type CreateProjectInput = {
  name: string;
  files?: Record<string, string | Buffer>;
  /** https only. */
  gitUrl?: string;
  gitRef?: string;
  zip?: Buffer;
};

export type CreatedProject = Project & { /** Links and submodules of an imported repository, which were left out. */ skipped: string[] };

/**
 * Makes a project with its experiment of the same name: empty, from files, from a zip, or from a git address. Whole or not at all.
 *
 * @throws DomainError `already_exists` when the name is taken, `invalid` with the field, `too_large`, `forbidden`.
 */
export async function createProject(ctx: Ctx, input: CreateProjectInput): Promise<CreatedProject> {
  requireAccess(ctx, "edit");
  if (ctx.actor.kind === "step") throw forbidden("A step makes no projects.");
  const name = checkProjectName(input.name);
  const sources = [input.files, input.gitUrl, input.zip].filter((s) => s !== undefined);
  if (sources.length > 1) throw invalid("A project starts from files, a git address or a zip: give one of them.");
  if (input.gitRef !== undefined && input.gitUrl === undefined) throw invalid("git_ref goes with git_url.", [{ field: "git_ref", message: "Give git_url too." }]);
  await checkNameIsFree(ctx, name);
  const { files, skipped } = await filesOf(input);
  const prepared = await prepareFiles(files);

  await freeExperimentName(ctx, name);
  const id = newId("prj");
  const { experimentId } = await createExperiment(ctx, { name, tags: [{ key: projectTag, value: id }] }).catch((error: unknown) => {
    throw error instanceof DomainError && error.kind === "already_exists" ? nameTaken(name) : error;
  });
  const now = ctx.now();
  try {
    await inTransaction(ctx.sql, async (client) => {
      await client.query(
        `INSERT INTO "Project" ("id", "workspaceId", "name", "experimentId", "createdAt", "createdById", "updatedAt") VALUES ($1, $2, $3, $4, $5::timestamp, $6, $5::timestamp)`,
        [id, ctx.workspaceId, name, experimentId, now.toISOString(), actorUserId(ctx)],
      );
      await insertFiles(client, id, prepared, now);
    });
  } catch (error) {
    // Made a moment ago for this project alone.
    await ctx.db.experiment.delete({ where: { id: experimentId } }).catch(() => {});
    if ((error as { code?: string }).code === "23505") throw nameTaken(name);
    throw error;
  }
  announce(ctx, `workspace:${ctx.workspaceId}`, `project:${id}`);
  return { ...toProject({ id, name, experimentId, workspaceId: ctx.workspaceId, createdAt: now, updatedAt: now, deletedAt: null }), skipped };
}

async function filesOf(input: CreateProjectInput): Promise<{ files: NewFile[]; skipped: string[] }> {
  if (input.gitUrl !== undefined) return importFromUrl({ url: input.gitUrl, ...(input.gitRef === undefined ? {} : { ref: input.gitRef }) });
  if (input.zip) return { files: await readZip(input.zip), skipped: [] };
  const files = Object.entries(input.files ?? {}).map(([path, content]) => ({ path, bytes: typeof content === "string" ? Buffer.from(content, "utf8") : content }));
  return { files, skipped: [] };
}

/** @throws DomainError `already_exists`. */
export async function checkNameIsFree(ctx: Ctx, name: string): Promise<void> {
  const found = await ctx.db.project.findFirst({ where: { workspaceId: ctx.workspaceId, name, deletedAt: null }, select: { id: true } });
  if (found) throw nameTaken(name);
}

/** Names the project that an experiment was made for. */
const projectTag = "flowbook.project.id";
/** An experiment this old whose project is not there was left behind by a process that died between the two. */
const abandonedAfterMs = 5 * 60_000;

/** A deleted project's experiment gives its name up when another project wants it; one without a project, left behind by a crash, goes. */
export async function freeExperimentName(ctx: Ctx, name: string): Promise<void> {
  const experiment = await findExperimentByName(ctx, { name });
  if (!experiment) return;
  const holder = await ctx.db.project.findFirst({ where: { experimentId: experiment.id, workspaceId: ctx.workspaceId }, select: { id: true, deletedAt: true } });
  const isAbandoned = !holder && experiment.tags.some((t) => t.key === projectTag) && ctx.now().getTime() - experiment.creationTimeMs > abandonedAfterMs;
  if (isAbandoned) {
    const { count } = await ctx.db.experiment.deleteMany({ where: { id: experiment.id, runs: { none: {} }, projects: { none: {} } } });
    if (count > 0) return;
  }
  if (!holder?.deletedAt) throw nameTaken(name);
  const given = `${name} (deleted ${holder.id})`;
  if (experiment.lifecycleStage === "active") await updateExperiment(ctx, { experimentId: experiment.id, name: given });
  else await ctx.db.experiment.update({ where: { id: experiment.id }, data: { name: given } });
}

export const nameTaken = (name: string) =>
  new DomainError("already_exists", `The name '${name}' is taken by a project or an experiment. Choose another.`, { problems: [{ field: "name", message: "This name is taken. Choose another." }] });
