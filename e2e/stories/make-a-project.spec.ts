import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, server, test } from "../support/story";

const fileUrl = (project: string, path: string) => `${server().url}/api/2.0/flowbook/projects/${project}/files/${path}`;
const toast = (page: Page, words: string) => page.getByRole("status").filter({ hasText: words });

test("make an empty project; a taken name is refused in words", async ({ owner, api }) => {
  await owner.goto("/default");
  const open = async (name: string) => {
    await owner.getByRole("button", { name: "New project" }).click();
    const dialog = owner.getByRole("dialog", { name: "New project" });
    await dialog.getByRole("radio", { name: /^Empty/ }).check();
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    await dialog.getByRole("button", { name: "Create project" }).click();
    return dialog;
  };
  await open("blank");
  await expect(owner).toHaveURL(/\/projects\/blank$/);
  await expect(owner.getByRole("region", { name: /^main/ }).getByRole("button", { name: "Run main" })).toBeVisible();
  const { files } = await api.call<{ files: { path: string }[] }>("GET", "/api/2.0/flowbook/projects/blank/files");
  expect(files.map((f) => f.path).sort()).toEqual(["MLproject", "main.py"]);

  await owner.goto("/default");
  const dialog = await open("blank");
  await expect(dialog.getByText("This name is taken. Choose another.")).toBeVisible();
  // What was typed stays, and another name goes through.
  await dialog.getByLabel("Name", { exact: true }).fill("blank-2");
  await dialog.getByRole("button", { name: "Create project" }).click();
  await expect(owner).toHaveURL(/\/projects\/blank-2$/);
});

test("a file is made, renamed, deleted and brought back in the tree", async ({ owner, api }) => {
  await api.createProject("shelf", { MLproject: "name: shelf\nentry_points:\n  main: {command: \"echo hi\"}\n" });
  await owner.goto("/default/projects/shelf");
  await owner.getByRole("button", { name: "New file" }).click();
  const naming = owner.getByRole("dialog", { name: "New file" });
  await naming.getByLabel("Path").fill("MLproject");
  await naming.getByRole("button", { name: "Create file" }).click();
  await expect(naming.getByText("There is a file with this path already")).toBeVisible();
  await naming.getByLabel("Path").fill("notes/plan.md");
  await naming.getByRole("button", { name: "Create file" }).click();
  await expect(owner).toHaveURL(/\/files\/notes\/plan\.md$/);
  expect((await fetch(fileUrl("shelf", "notes/plan.md"), { method: "PUT", headers: api.headers, body: "keep this line\n" })).ok).toBe(true);
  await expect(owner.locator(".monaco-editor").first()).toContainText("keep this line");

  await owner.getByRole("button", { name: "More about notes/plan.md" }).click();
  await owner.getByRole("menuitem", { name: "Rename" }).click();
  const renaming = owner.getByRole("dialog", { name: "Rename notes/plan.md" });
  await renaming.getByLabel("Path").fill("notes/ideas.md");
  await renaming.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(owner).toHaveURL(/\/files\/notes\/ideas\.md$/);
  expect((await fetch(fileUrl("shelf", "notes/plan.md"), { headers: api.headers })).status).toBe(404);

  await owner.getByRole("button", { name: "More about notes/ideas.md" }).click();
  await owner.getByRole("menuitem", { name: "Delete" }).click();
  await expect(owner).toHaveURL(/\/projects\/shelf$/);
  await expect(owner.getByRole("link", { name: "ideas.md" })).toHaveCount(0);
  expect((await fetch(fileUrl("shelf", "notes/ideas.md"), { headers: api.headers })).status).toBe(404);
  await toast(owner, "notes/ideas.md deleted").getByRole("button", { name: "Undo" }).click();
  await owner.getByRole("link", { name: "ideas.md" }).click();
  await expect(owner.locator(".monaco-editor").first()).toContainText("keep this line");
  expect(await (await fetch(fileUrl("shelf", "notes/ideas.md"), { headers: api.headers })).text()).toBe("keep this line\n");
});

test("a project is renamed with its experiment, comes as a zip, is deleted and brought back", async ({ owner, api }) => {
  const { experiment_id } = await api.createProject("draft", { MLproject: "name: draft\nentry_points:\n  main: {command: \"echo hi\"}\n" });
  await owner.goto("/default/projects/draft/settings");
  await owner.getByLabel("Project name").fill("multistep");
  await owner.getByRole("button", { name: "Rename" }).click();
  await expect(owner.getByText("This name is taken. Choose another.")).toBeVisible();
  await owner.getByLabel("Project name").fill("final");
  await owner.getByRole("button", { name: "Rename" }).click();
  await expect(owner).toHaveURL(/\/projects\/final\/settings$/);
  await expect(owner.getByRole("heading", { level: 1, name: "final, settings" })).toBeVisible();
  const { experiment } = await api.call<{ experiment: { experiment_id: string } }>("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=final");
  expect(experiment.experiment_id).toBe(experiment_id);

  const coming = owner.waitForEvent("download");
  await owner.getByRole("button", { name: "Download as zip" }).click();
  const zip = await coming;
  expect(zip.suggestedFilename()).toBe("final.zip");
  const bytes = readFileSync(await zip.path());
  expect(bytes.subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
  expect(bytes.includes("MLproject")).toBe(true);

  await owner.getByRole("button", { name: "Delete project" }).click();
  await expect(owner).toHaveURL(/\/default$/);
  const projects = owner.getByRole("region", { name: "Table of projects" });
  await expect(projects.getByRole("link", { name: "final" })).toHaveCount(0);
  await toast(owner, "final deleted").getByRole("button", { name: "Undo" }).click();
  await projects.getByRole("link", { name: "final" }).click();
  await expect(owner.getByRole("region", { name: /^main/ }).getByRole("button", { name: "Run main" })).toBeVisible();
});

test("a run is deleted from its page and restored", async ({ owner, api }) => {
  const { run } = await api.call<{ run: { info: { run_id: string; experiment_id: string } } }>("POST", "/api/2.0/mlflow/runs/create", { experiment_id: "0", run_name: "thrown-away", start_time: Date.now() });
  const stage = async () => (await api.call<{ run: { info: { lifecycle_stage: string } } }>("GET", `/api/2.0/mlflow/runs/get?run_id=${run.info.run_id}`)).run.info.lifecycle_stage;
  await api.call("POST", "/api/2.0/mlflow/runs/update", { run_id: run.info.run_id, status: "FINISHED", end_time: Date.now() });
  await owner.goto(`/default/runs/${run.info.run_id}`);
  await owner.getByRole("button", { name: "More about this run" }).click();
  await owner.getByRole("menuitem", { name: "Delete run" }).click();
  const said = owner.getByText("This run was deleted.");
  await expect(said).toBeVisible();
  await expect(toast(owner, "Deleted thrown-away").getByRole("button", { name: "Undo" })).toBeVisible();
  expect(await stage()).toBe("deleted");
  await owner.getByRole("button", { name: "Restore" }).click();
  await expect(said).toHaveCount(0);
  expect(await stage()).toBe("active");
});
