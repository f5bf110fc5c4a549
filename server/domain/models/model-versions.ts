import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { pythonDumps } from "../names";
import { type Queryable, withWebhooks } from "../webhooks";
import { canonicalStage, checkModelName, checkRegistryTag } from "./check";
import { changingModel, versionCreated } from "./events";
import { requireRegistryOwner, tellModel } from "./registered-models";
import { findModelRow, findVersionRow, toMarkedVersion } from "./rows";
import type { KeyValue, ModelVersion } from "./types";
import { resolveSource } from "./version-source";

export type CreateVersionInput = { name: string; source: string; runId?: string; modelId?: string; tags?: KeyValue[]; runLink?: string; description?: string };

/**
 * Adds the next version: one more than any that ever was, also of those deleted since. A logged model named here is told of it
 * (its tag `mlflow.modelVersions`).
 */
export async function createModelVersion(ctx: Ctx, input: CreateVersionInput): Promise<ModelVersion> {
  requireAccess(ctx, "track");
  checkModelName(input.name);
  const tags = new Map((input.tags ?? []).map((t) => [t.key, t.value]));
  for (const [key, value] of tags) checkRegistryTag(key, value);
  const model = await findModelRow(ctx, input.name);
  const isPrompt = tags.get("mlflow.prompt.is_prompt") === "true";
  const place = await resolveSource(ctx, { source: input.source, runId: input.runId, modelId: input.modelId, isPrompt });
  const nowMs = ctx.now().getTime();

  const version = await withWebhooks(ctx, async (client, raise) => {
    // The update locks the model's row, so that versions made at once are numbered one after another.
    const { rows } = await client.query<{ version: number }>(
      {
        name: "create-version",
        text: `WITH model AS (UPDATE "RegisteredModel" SET "lastVersion" = "lastVersion" + 1, "lastUpdatedTimeMs" = $2 WHERE id = $1 RETURNING id, "lastVersion"),
          made AS (INSERT INTO "ModelVersion" ("modelId", version, "creationTimeMs", "lastUpdatedTimeMs", description, source, "storageLocation", "runId", "loggedModelId", "runLink")
            SELECT id, "lastVersion", $2, $2, $3, $4, $5, $6, $7, $8 FROM model RETURNING "modelId", version),
          tag AS (INSERT INTO "ModelVersionTag" ("modelId", version, key, value) SELECT made."modelId", made.version, t.key, t.value FROM made, unnest($9::text[], $10::text[]) t(key, value))
          SELECT version FROM made`,
      },
      [
        model.id, nowMs, input.description ?? "", input.source, place.storageLocation, place.runId, place.loggedModelId, input.runLink || null,
        [...tags.keys()], [...tags.values()],
      ],
    );
    const next = rows[0]?.version;
    if (next === undefined) await findModelRow(ctx, input.name);
    if (place.loggedModelId) await noteVersion(client, place.loggedModelId, { name: input.name, version: next as number });
    const made = [...tags].map(([key, value]) => ({ key, value }));
    await raise(() => versionCreated({ name: input.name, version: next as number, source: input.source, runId: place.runId, tags: made, description: input.description }));
    return next as number;
  }, { isTransaction: place.loggedModelId !== null });
  tellModel(ctx, model.id);
  return toMarkedVersion(await findVersionRow(ctx, input.name, version));
}

export async function getModelVersion(ctx: Ctx, { name, version }: { name: string; version: number }): Promise<ModelVersion> {
  requireAccess(ctx, "view");
  return toMarkedVersion(await findVersionRow(ctx, name, version));
}

/** Sets the description; left out, it is cleared. */
export async function updateModelVersion(ctx: Ctx, { name, version, description }: { name: string; version: number; description?: string }): Promise<ModelVersion> {
  requireAccess(ctx, "track");
  const found = await findVersionRow(ctx, name, version);
  await ctx.sql.query(`UPDATE "ModelVersion" SET description = $3, "lastUpdatedTimeMs" = $4 WHERE "modelId" = $1 AND version = $2`, [
    found.modelId,
    version,
    description ?? null,
    ctx.now().getTime(),
  ]);
  tellModel(ctx, found.modelId);
  return toMarkedVersion(await findVersionRow(ctx, name, version));
}

/** Hides the version and drops its aliases; its number is not given again. */
export async function deleteModelVersion(ctx: Ctx, { name, version }: { name: string; version: number }): Promise<void> {
  requireRegistryOwner(ctx);
  const found = await findVersionRow(ctx, name, version);
  const nowMs = ctx.now().getTime();
  await ctx.sql.query(
    `WITH aliases AS (DELETE FROM "ModelAlias" WHERE "modelId" = $1 AND version = $2), model AS (UPDATE "RegisteredModel" SET "lastUpdatedTimeMs" = $3 WHERE id = $1)
     UPDATE "ModelVersion" SET "deletedAtMs" = $3 WHERE "modelId" = $1 AND version = $2`,
    [found.modelId, version, nowMs],
  );
  tellModel(ctx, found.modelId);
}

export type TransitionInput = { name: string; version: number; stage: string; archiveExistingVersions: boolean };

/** @throws DomainError `invalid` for an unknown stage, or for archiving beside a stage that is not Staging or Production. */
export async function transitionStage(ctx: Ctx, { name, version, stage, archiveExistingVersions }: TransitionInput): Promise<ModelVersion> {
  requireAccess(ctx, "track");
  const to = canonicalStage(stage);
  if (archiveExistingVersions && to !== "Staging" && to !== "Production") {
    throw invalid("Model version transition cannot archive existing model versions because the target stage is not an active stage. Valid active stages are Staging, Production");
  }
  const found = await findVersionRow(ctx, name, version);
  await ctx.sql.query(
    `WITH model AS (UPDATE "RegisteredModel" SET "lastUpdatedTimeMs" = $5 WHERE id = $1)
     UPDATE "ModelVersion" SET stage = CASE WHEN version = $2 THEN $3 ELSE 'Archived' END, "lastUpdatedTimeMs" = $5
     WHERE "modelId" = $1 AND "deletedAtMs" IS NULL AND (version = $2 OR ($4 AND stage = $3))`,
    [found.modelId, version, to, archiveExistingVersions, ctx.now().getTime()],
  );
  tellModel(ctx, found.modelId);
  return toMarkedVersion(await findVersionRow(ctx, name, version));
}

export async function setModelVersionTag(ctx: Ctx, { name, version, key, value }: { name: string; version: number } & KeyValue): Promise<void> {
  requireAccess(ctx, "track");
  checkRegistryTag(key, value);
  const found = await findVersionRow(ctx, name, version);
  const events = { ofModel: "model_version_tag.set", ofPrompt: "prompt_version_tag.set", data: { name, version: String(version), key, value } } as const;
  await changingModel(ctx, found.modelId, events, (sql) => sql.query(
    `INSERT INTO "ModelVersionTag" ("modelId", version, key, value) VALUES ($1, $2, $3, $4) ON CONFLICT ("modelId", version, key) DO UPDATE SET value = excluded.value`,
    [found.modelId, version, key, value],
  ));
  tellModel(ctx, found.modelId);
}

/** A tag that is not there is no error. */
export async function deleteModelVersionTag(ctx: Ctx, { name, version, key }: { name: string; version: number; key: string }): Promise<void> {
  requireAccess(ctx, "track");
  const found = await findVersionRow(ctx, name, version);
  const events = { ofModel: "model_version_tag.deleted", ofPrompt: "prompt_version_tag.deleted", data: { name, version: String(version), key } } as const;
  await changingModel(ctx, found.modelId, events, (sql) => sql.query(`DELETE FROM "ModelVersionTag" WHERE "modelId" = $1 AND version = $2 AND key = $3`, [found.modelId, version, key]));
  tellModel(ctx, found.modelId);
}

/** The logged model's tag `mlflow.modelVersions` lists the versions made of it, as the MLflow server keeps it. */
async function noteVersion(client: Queryable, modelId: string, made: { name: string; version: number }): Promise<void> {
  const { rows } = await client.query<{ value: string }>(`SELECT value FROM "LoggedModelTag" WHERE "modelId" = $1 AND key = 'mlflow.modelVersions' FOR UPDATE`, [modelId]);
  await client.query(
    `INSERT INTO "LoggedModelTag" ("modelId", key, value) VALUES ($1, 'mlflow.modelVersions', $2) ON CONFLICT ("modelId", key) DO UPDATE SET value = excluded.value`,
    [modelId, pythonDumps([...listOf(rows[0]?.value), made])],
  );
}

function listOf(json: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // a client wrote something else into the tag
  }
}
