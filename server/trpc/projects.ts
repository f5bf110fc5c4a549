import { z } from "zod";
import { createProject, deleteProject, exportZip, getOutline, getProject, listInterpreters, listProjects, renameProject, restoreProject } from "../domain/projects";
import { procedure, router } from "./trpc";

const projectId = z.object({ projectId: z.string().max(64) });
const name = z.string().max(300);

export const projectsRouter = router({
  list: procedure.input(z.object({ limit: z.number().int().min(1).max(200).optional(), pageToken: z.string().optional() })).query(({ ctx, input }) => listProjects(ctx, input)),
  get: procedure.input(z.object({ idOrName: z.string().max(300) })).query(({ ctx, input }) => getProject(ctx, input)),
  /** Versions of the Pythons that an environment can be built with. */
  interpreters: procedure.query(() => listInterpreters()),
  outline: procedure.input(projectId).query(({ ctx, input }) => getOutline(ctx, input)),
  create: procedure
    .input(z.object({ name, files: z.record(z.string(), z.string()).optional(), gitUrl: z.string().max(2000).optional(), gitRef: z.string().max(300).optional() }))
    .mutation(({ ctx, input }) => createProject(ctx, input)),
  /** All files as they are now, as base64 of a zip: a page's download. */
  zip: procedure.input(projectId).query(async ({ ctx, input }) => {
    const parts: Buffer[] = [];
    for await (const part of await exportZip(ctx, input)) parts.push(Buffer.from(part as Uint8Array));
    return { base64: Buffer.concat(parts).toString("base64") };
  }),
  rename: procedure.input(projectId.extend({ name })).mutation(({ ctx, input }) => renameProject(ctx, input)),
  delete: procedure.input(projectId).mutation(({ ctx, input }) => deleteProject(ctx, input)),
  restore: procedure.input(projectId).mutation(({ ctx, input }) => restoreProject(ctx, input)),
});
