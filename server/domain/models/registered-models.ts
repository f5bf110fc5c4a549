import { newId } from "@/common/ids";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { forbidden, invalid } from "@/server/errors";
import { withWebhooks } from "../webhooks";
import { canonicalStage, checkModelName, checkRegistryTag, modelNameTaken } from "./check";
import { changingModel, modelCreated } from "./events";
import { findModelRow, hydrateModels, hydrateVersions, latestVersionRows, type ModelRow } from "./rows";
import type { KeyValue, ModelVersion, RegisteredModel } from "./types";

/** A step adds to the registry; renaming and removing are for people and their tokens. */
export function requireRegistryOwner(ctx: Ctx): void {
  requireAccess(ctx, "track");
  if (ctx.actor.kind === "step") throw forbidden("A step may add models and versions; renaming and deleting are done outside of it.");
}

export const tellModel = (ctx: Ctx, modelId: string): void => announce(ctx, `model:${modelId}`, `workspace:${ctx.workspaceId}`);

/** @throws DomainError `already_exists`, which `register_model` of the clients expects and swallows. */
export async function createRegisteredModel(ctx: Ctx, { name, tags = [], description }: { name: string; tags?: KeyValue[]; description?: string }): Promise<RegisteredModel> {
  requireAccess(ctx, "track");
  checkModelName(name);
  for (const { key, value } of tags) checkRegistryTag(key, value);
  const unique = new Map(tags.map((t) => [t.key, t.value]));
  const id = newId("mdl");
  const made = [...unique].map(([key, value]) => ({ key, value }));
  await withWebhooks(ctx, async (sql, raise) => {
    await sql.query(
      `WITH model AS (INSERT INTO "RegisteredModel" (id, "workspaceId", name, description, "creationTimeMs", "lastUpdatedTimeMs") VALUES ($1, $2, $3, $4, $5, $5) RETURNING id)
       INSERT INTO "RegisteredModelTag" ("modelId", key, value) SELECT model.id, t.key, t.value FROM model, unnest($6::text[], $7::text[]) t(key, value)`,
      [id, ctx.workspaceId, name, description || null, ctx.now().getTime(), [...unique.keys()], [...unique.values()]],
    );
    await raise(() => modelCreated({ name, tags: made, description }));
  }).catch((error: { code?: string }) => {
    throw error.code === "23505" ? modelNameTaken(name) : error;
  });
  tellModel(ctx, id);
  return only(ctx, await findModelRow(ctx, name));
}

export async function getRegisteredModel(ctx: Ctx, { name }: { name: string }): Promise<RegisteredModel> {
  requireAccess(ctx, "view");
  return only(ctx, await findModelRow(ctx, name));
}

/** Sets the description; left out, it is cleared, as MLflow does. */
export async function updateRegisteredModel(ctx: Ctx, { name, description }: { name: string; description?: string }): Promise<RegisteredModel> {
  requireAccess(ctx, "track");
  const model = await findModelRow(ctx, name);
  await ctx.sql.query(`UPDATE "RegisteredModel" SET description = $2, "lastUpdatedTimeMs" = $3 WHERE id = $1`, [model.id, description || null, ctx.now().getTime()]);
  tellModel(ctx, model.id);
  return only(ctx, await findModelRow(ctx, name));
}

export async function renameRegisteredModel(ctx: Ctx, { name, newName }: { name: string; newName: string }): Promise<RegisteredModel> {
  requireRegistryOwner(ctx);
  checkModelName(newName);
  const model = await findModelRow(ctx, name);
  await ctx.sql
    .query(`UPDATE "RegisteredModel" SET name = $2, "lastUpdatedTimeMs" = $3 WHERE id = $1`, [model.id, newName, ctx.now().getTime()])
    .catch((error: { code?: string }) => {
      throw error.code === "23505" ? modelNameTaken(newName) : error;
    });
  tellModel(ctx, model.id);
  return only(ctx, await findModelRow(ctx, newName));
}

/** With its versions, tags and aliases; the name is free again. The models' files stay with their runs. */
export async function deleteRegisteredModel(ctx: Ctx, { name }: { name: string }): Promise<void> {
  requireRegistryOwner(ctx);
  const model = await findModelRow(ctx, name);
  await ctx.sql.query(`DELETE FROM "RegisteredModel" WHERE id = $1`, [model.id]);
  tellModel(ctx, model.id);
}

/** The newest version of each stage asked for, of all four when none is. */
export async function getLatestVersions(ctx: Ctx, { name, stages = [] }: { name: string; stages?: string[] }): Promise<ModelVersion[]> {
  requireAccess(ctx, "view");
  const wanted = stages.map(canonicalStage);
  const model = await findModelRow(ctx, name);
  return hydrateVersions(ctx, await latestVersionRows(ctx, [model.id], wanted.length > 0 ? wanted : undefined));
}

export async function setRegisteredModelTag(ctx: Ctx, { name, key, value }: { name: string } & KeyValue): Promise<void> {
  requireAccess(ctx, "track");
  checkRegistryTag(key, value);
  const model = await findModelRow(ctx, name);
  await changingModel(ctx, model.id, { ofModel: null, ofPrompt: "prompt_tag.set", data: { name, key, value } }, (sql) =>
    sql.query(`INSERT INTO "RegisteredModelTag" ("modelId", key, value) VALUES ($1, $2, $3) ON CONFLICT ("modelId", key) DO UPDATE SET value = excluded.value`, [model.id, key, value]));
  tellModel(ctx, model.id);
}

/** A tag that is not there is no error, as in MLflow. */
export async function deleteRegisteredModelTag(ctx: Ctx, { name, key }: { name: string; key: string }): Promise<void> {
  requireAccess(ctx, "track");
  if (key.length > 250) throw invalid("A tag's key has at most 250 characters.");
  const model = await findModelRow(ctx, name);
  await changingModel(ctx, model.id, { ofModel: null, ofPrompt: "prompt_tag.deleted", data: { name, key } }, (sql) =>
    sql.query(`DELETE FROM "RegisteredModelTag" WHERE "modelId" = $1 AND key = $2`, [model.id, key]));
  tellModel(ctx, model.id);
}

async function only(ctx: Ctx, row: ModelRow): Promise<RegisteredModel> {
  const [model] = await hydrateModels(ctx, [row]);
  if (!model) throw new Error("hydrateModels lost a row");
  return model;
}
