import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun } from "../runs";
import {
  createLoggedModel, createModelVersion, createRegisteredModel, deleteModelVersion, getLoggedModel, getModelVersion, getRegisteredModel, getVersionByAlias, renameRegisteredModel, searchRegisteredModels,
  setAlias, transitionStage,
} from ".";

let ctx: Ctx;
let runId: string;
let experimentId: number;
const source = "s3://bucket/model";

beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
  runId = (await createRun(ctx, { experimentId })).id;
});

test("versions made at once are numbered 1 to 16, and a deleted number is not given again", async () => {
  await createRegisteredModel(ctx, { name: "raced" });
  const made = await Promise.all(Array.from({ length: 16 }, () => createModelVersion(ctx, { name: "raced", source })));
  expect(made.map((v) => v.version).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  await deleteModelVersion(ctx, { name: "raced", version: 16 });
  expect((await createModelVersion(ctx, { name: "raced", source })).version).toBe(17);
});

test("of many who make one model exactly one does", async () => {
  const results = await Promise.allSettled(Array.from({ length: 16 }, () => createRegisteredModel(ctx, { name: "one" })));
  expect(results.filter((r) => r.status === "fulfilled")).toHaveLength(1);
  for (const r of results) if (r.status === "rejected") expect(r.reason).toMatchObject({ kind: "already_exists" });
});

test("an alias moves, follows a rename, and goes with its version", async () => {
  await createRegisteredModel(ctx, { name: "a" });
  await createModelVersion(ctx, { name: "a", source });
  await createModelVersion(ctx, { name: "a", source });
  await setAlias(ctx, { name: "a", alias: "champion", version: 1 });
  await setAlias(ctx, { name: "a", alias: "champion", version: 2 });
  await renameRegisteredModel(ctx, { name: "a", newName: "b" });
  expect(await getVersionByAlias(ctx, { name: "b", alias: "champion" })).toMatchObject({ version: 2, aliases: ["champion"] });
  await deleteModelVersion(ctx, { name: "b", version: 2 });
  await expect(getVersionByAlias(ctx, { name: "b", alias: "champion" })).rejects.toMatchObject({ kind: "invalid" });
  expect((await getVersionByAlias(ctx, { name: "b", alias: "latest" })).version).toBe(1);
  for (const alias of ["latest", "Latest", "v1", "a b", ""]) await expect(setAlias(ctx, { name: "b", alias, version: 1 }), alias).rejects.toMatchObject({ kind: "invalid" });
});

test("a stage archives those before it when asked", async () => {
  await createRegisteredModel(ctx, { name: "staged" });
  for (let i = 0; i < 2; i++) await createModelVersion(ctx, { name: "staged", source });
  await transitionStage(ctx, { name: "staged", version: 1, stage: "production", archiveExistingVersions: false });
  await transitionStage(ctx, { name: "staged", version: 2, stage: "PRODUCTION", archiveExistingVersions: true });
  expect((await getRegisteredModel(ctx, { name: "staged" })).latestVersions.map((v) => [v.version, v.stage])).toEqual([[1, "Archived"], [2, "Production"]]);
  await expect(transitionStage(ctx, { name: "staged", version: 1, stage: "None", archiveExistingVersions: true })).rejects.toMatchObject({ kind: "invalid" });
});

test("a source inside a run or model must name it, of this workspace", async () => {
  await createRegisteredModel(ctx, { name: "s" });
  const model = await createLoggedModel(ctx, { experimentId, name: "m", sourceRunId: runId });
  const make = (from: string, more: { runId?: string; modelId?: string } = {}) => createModelVersion(ctx, { name: "s", source: from, ...more });

  expect(await make(`models:/${model.id}`, { modelId: model.id })).toMatchObject({ runId, storageLocation: model.artifactUri, loggedModelId: model.id });
  expect((await getLoggedModel(ctx, { modelId: model.id })).tags).toEqual([{ key: "mlflow.modelVersions", value: '[{"name": "s", "version": 1}]' }]);
  expect(await make("models:/s/1")).toMatchObject({ storageLocation: model.artifactUri, runId });
  expect(await make(`runs:/${runId}/model`, { runId })).toMatchObject({ storageLocation: `runs:/${runId}/model`, runId });
  expect(await make(`mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`, { runId })).toMatchObject({ runId });
  for (const bad of [`runs:/${runId}/model`, `models:/${model.id}`, `mlflow-artifacts:/${experimentId}/${runId}/artifacts/x`, "/etc", "file:///etc", "data:text/plain,x", "C:\\x", `s3://b/../c`, "s3://b/%252e%252e/c", "models:/", "x"]) {
    await expect(make(bad), bad).rejects.toMatchObject({ kind: "invalid" });
  }
  await expect(make(`mlflow-artifacts:/${experimentId}/${runId}/artifacts-not`, { runId })).rejects.toMatchObject({ kind: "invalid" });
  const other = await aWorkspace();
  await createRegisteredModel(other, { name: "s" });
  await expect(createModelVersion(other, { name: "s", source: `runs:/${runId}/model`, runId })).rejects.toMatchObject({ kind: "not_found" });
  await expect(createModelVersion(other, { name: "s", source: `models:/${model.id}`, modelId: model.id })).rejects.toMatchObject({ kind: "not_found" });
  await expect(getModelVersion(other, { name: "s", version: 1 })).rejects.toMatchObject({ kind: "not_found" });
});

test("prompts stay out of sight unless asked for", async () => {
  await createRegisteredModel(ctx, { name: "prompt", tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] });
  const names = async (filter?: string) => (await searchRegisteredModels(ctx, { filter })).models.map((m) => m.name);
  expect(await names()).not.toContain("prompt");
  expect(await names("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(["prompt"]);
  expect(await names("tag.`mlflow.prompt.is_prompt` != 'true' AND name = 'one'")).toEqual(["one"]);
});
