import { z } from "zod";
import { limits } from "@/common/limits";
import { createProject, deleteProject, getOutline, getProject, listProjects, type Project } from "../domain/projects";
import { invalid } from "../errors";
import { readRaw } from "./body";
import { isMediaType } from "./media-type";
import { route } from "./route";
import * as wire from "./wire";

const toWire = ({ id, name, experimentId }: Project) => ({ id, name, experiment_id: String(experimentId) });

export const projectRoutes = [
  route({
    method: "GET",
    path: "/projects",
    operationId: "listProjects",
    summary: "The workspace's projects, newest first.",
    query: z.object(wire.page),
    answer: wire.projectList,
    async handle({ ctx, query }) {
      const { projects, nextPageToken } = await listProjects(ctx, {
        ...(query.max_results === undefined ? {} : { limit: query.max_results }),
        ...(query.page_token ? { pageToken: query.page_token } : {}),
      });
      return { projects: projects.map(toWire), ...(nextPageToken ? { next_page_token: nextPageToken } : {}) };
    },
  }),
  route({
    method: "POST",
    path: "/projects",
    operationId: "createProject",
    summary: "Makes a project, empty, from files, a git address, or a zip as the body.",
    query: z.object({ name: z.string().max(300).optional().meta({ description: "The project's name, beside a zip." }) }),
    json: wire.createProjectBody,
    rawBody: { mediaTypes: ["application/zip"], description: "A zip of the project's files." },
    answer: wire.projectAnswer,
    async handle({ ctx, query, body, req }) {
      if (isMediaType(req, ["application/zip", "application/x-zip-compressed"])) {
        const zip = await readRaw(req, limits.zipBytes, "The zip");
        return { project: toWire(await createProject(ctx, { name: named(query.name), zip })) };
      }
      const { files, git_url: gitUrl, git_ref: gitRef } = body;
      const project = await createProject(ctx, {
        name: named(body.name ?? query.name),
        ...(files ? { files } : {}),
        ...(gitUrl === undefined ? {} : { gitUrl }),
        ...(gitRef === undefined ? {} : { gitRef }),
      });
      return { project: toWire(project) };
    },
  }),
  route({
    method: "GET",
    path: "/projects/{id}",
    operationId: "getProject",
    summary: "A project with what its MLproject declares, and what is wrong in its files.",
    params: wire.projectParams,
    answer: wire.projectDetail,
    async handle({ ctx, params }) {
      const project = await getProject(ctx, { idOrName: params.id });
      const { entryPoints, problems } = await getOutline(ctx, { projectId: project.id });
      return {
        project: toWire(project),
        entry_points: entryPoints.map(({ name, command, parameters }) => ({
          name,
          command,
          parameters: parameters.map((p) => ({ name: p.name, type: p.type, ...(p.default === null ? {} : { default: p.default }), required: p.required })),
        })),
        problems: problems.map(({ path, severity, message, line, column }) => ({
          path, severity, message, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }),
        })),
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/projects/{id}",
    operationId: "deleteProject",
    summary: "Deletes a project; it can be restored on its page.",
    params: wire.projectParams,
    answer: wire.nothing,
    async handle({ ctx, params }) {
      const project = await getProject(ctx, { idOrName: params.id });
      await deleteProject(ctx, { projectId: project.id });
      return {};
    },
  }),
];

function named(name: string | undefined): string {
  if (name === undefined) throw invalid("name: A project needs a name. Write one such as my-project.", [{ field: "name", message: "A project needs a name. Write one such as my-project." }]);
  return name;
}
