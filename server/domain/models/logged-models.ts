import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { requireLoggedModelAccess } from "../artifacts";
import { requireActive, requireExperimentAccess } from "../experiments";
import { newRunName, requireRunAccess } from "../runs";
import { findLoggedModels } from "./logged-model-rows";
import type { KeyValue, LoggedModel, LoggedModelStatus } from "./types";

export type CreateLoggedModelInput = { experimentId: number; name?: string; modelType?: string; sourceRunId?: string; params?: KeyValue[]; tags?: KeyValue[] };

/** Makes a logged model, pending until its files are there. What a step makes belongs to one of the step's runs. */
export async function createLoggedModel(ctx: Ctx, input: CreateLoggedModelInput): Promise<LoggedModel> {
  const experiment = await requireExperimentAccess(ctx, { experimentId: input.experimentId }, "track");
  requireActive(experiment);
  const name = input.name || newRunName();
  if (/[/:.%"']/.test(name) || name.length > 500) throw invalid(`Invalid model name ('${name.slice(0, 100)}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`);
  const sourceRunId = input.sourceRunId || (ctx.actor.kind === "step" ? ctx.actor.runId : undefined);
  if (sourceRunId) await requireRunAccess(ctx, { runId: sourceRunId }, "track");
  const id = `m-${crypto.randomUUID().replaceAll("-", "")}`;
  await ctx.sql.query(
    `WITH model AS (INSERT INTO "LoggedModel" (id, "experimentId", name, "artifactUri", "modelType", "sourceRunId", "creationTimeMs", "lastUpdatedTimeMs") VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id),
     param AS (INSERT INTO "LoggedModelParam" ("modelId", key, value) SELECT DISTINCT ON (p.key) model.id, p.key, p.value FROM model, unnest($8::text[], $9::text[]) p(key, value))
     INSERT INTO "LoggedModelTag" ("modelId", key, value) SELECT DISTINCT ON (t.key) model.id, t.key, t.value FROM model, unnest($10::text[], $11::text[]) t(key, value)`,
    [
      id, experiment.id, name, `${experiment.artifactLocation}/models/${id}/artifacts`, input.modelType ?? "", sourceRunId ?? null, ctx.now().getTime(),
      ...columns(input.params), ...columns(input.tags),
    ],
  );
  return tellAndGet(ctx, id);
}

export async function getLoggedModel(ctx: Ctx, { modelId }: { modelId: string }): Promise<LoggedModel> {
  await requireLoggedModelAccess(ctx, { modelId }, "view");
  return only(ctx, modelId);
}

/** Says whether the model's files arrived. */
export async function finalizeLoggedModel(ctx: Ctx, { modelId, status }: { modelId: string; status: LoggedModelStatus }): Promise<LoggedModel> {
  await requireLoggedModelAccess(ctx, { modelId }, "track");
  await ctx.sql.query(`UPDATE "LoggedModel" SET status = $2, "lastUpdatedTimeMs" = $3 WHERE id = $1`, [modelId, status, ctx.now().getTime()]);
  return tellAndGet(ctx, modelId);
}

/** Again is no error, as in MLflow. */
export async function deleteLoggedModel(ctx: Ctx, { modelId }: { modelId: string }): Promise<void> {
  requireAccess(ctx, "track");
  const { rowCount } = await ctx.sql.query(
    `SELECT 1 FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId" WHERE m.id = $1 AND e."workspaceId" = $2 AND m."deletedAtMs" IS NOT NULL`,
    [modelId, ctx.workspaceId],
  );
  if (rowCount) return;
  await requireLoggedModelAccess(ctx, { modelId }, "track");
  await ctx.sql.query(`UPDATE "LoggedModel" SET "deletedAtMs" = $2 WHERE id = $1`, [modelId, ctx.now().getTime()]);
}

/** A param that is there keeps its value. */
export async function logLoggedModelParams(ctx: Ctx, { modelId, params }: { modelId: string; params: KeyValue[] }): Promise<void> {
  await requireLoggedModelAccess(ctx, { modelId }, "annotate");
  await ctx.sql.query(`INSERT INTO "LoggedModelParam" ("modelId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`, [modelId, ...columns(params)]);
}

export async function setLoggedModelTags(ctx: Ctx, { modelId, tags }: { modelId: string; tags: KeyValue[] }): Promise<LoggedModel> {
  if (ctx.actor.kind === "step" && tags.every((t) => t.key === "mlflow.modelVersions")) {
    // A client that has registered a model says so once more by this tag; createModelVersion has written it already.
    return getLoggedModel(ctx, { modelId });
  }
  await requireLoggedModelAccess(ctx, { modelId }, "annotate");
  const unique = new Map(tags.map((t) => [t.key, t.value]));
  await ctx.sql.query(
    `INSERT INTO "LoggedModelTag" ("modelId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT ("modelId", key) DO UPDATE SET value = excluded.value`,
    [modelId, [...unique.keys()], [...unique.values()]],
  );
  return tellAndGet(ctx, modelId);
}

/** @throws DomainError `not_found` when the model has no such tag. */
export async function deleteLoggedModelTag(ctx: Ctx, { modelId, key }: { modelId: string; key: string }): Promise<void> {
  await requireLoggedModelAccess(ctx, { modelId }, "track");
  const { rowCount } = await ctx.sql.query(`DELETE FROM "LoggedModelTag" WHERE "modelId" = $1 AND key = $2`, [modelId, key]);
  if (!rowCount) throw new DomainError("not_found", `No tag with key '${key.slice(0, 250)}' found for model with ID '${modelId}'.`);
}

const columns = (pairs: KeyValue[] = []): [string[], string[]] => [pairs.map((p) => p.key), pairs.map((p) => p.value)];

async function only(ctx: Ctx, modelId: string): Promise<LoggedModel> {
  const [model] = await findLoggedModels(ctx, [modelId]);
  if (!model) throw new DomainError("not_found", `Logged model with ID '${modelId}' not found.`);
  return model;
}

async function tellAndGet(ctx: Ctx, modelId: string): Promise<LoggedModel> {
  requireAccess(ctx, "view");
  const model = await only(ctx, modelId);
  announce(ctx, `experiment:${model.experimentId}`, ...(model.sourceRunId ? [`run:${model.sourceRunId}`] : []));
  return model;
}
