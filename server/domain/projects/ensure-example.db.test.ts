import { expect, test } from "vitest";
import { systemCtx } from "../workspaces";
import { deleteProject, ensureExample, exampleName, getOutline, listProjects } from "./index";

test("the example is made once, is sound, and does not come back after it was deleted", async () => {
  const ctx = await systemCtx();
  await ensureExample(ctx);
  await ensureExample(ctx);
  const { projects } = await listProjects(ctx);
  expect(projects.map((p) => p.name)).toEqual([exampleName]);
  const projectId = projects[0]?.id ?? "";
  const outline = await getOutline(ctx, { projectId });
  expect(outline.entryPoints.map((e) => e.name)).toEqual(["download", "process", "train", "main"]);
  expect(outline.problems.filter((p) => p.severity === "error")).toEqual([]);
  expect(await ctx.db.experiment.findUnique({ where: { id: 0 } })).toMatchObject({ name: "Default" });
  await deleteProject(ctx, { projectId });
  await ensureExample(ctx);
  expect((await listProjects(ctx)).projects).toEqual([]);
});
