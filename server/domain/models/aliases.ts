import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { checkAlias } from "./check";
import { changingModel } from "./events";
import { tellModel } from "./registered-models";
import { findModelRow, findVersionRow, type MarkedVersionRow, markedVersionColumns, toMarkedVersion } from "./rows";
import type { ModelVersion } from "./types";

/** Points an alias at one version; an alias that exists is moved. @throws DomainError `not_found` for the version. */
export async function setAlias(ctx: Ctx, { name, alias, version }: { name: string; alias: string; version: number }): Promise<void> {
  requireAccess(ctx, "track");
  checkAlias(alias);
  const found = await findVersionRow(ctx, name, version);
  const events = { ofModel: "model_version_alias.created", ofPrompt: "prompt_alias.created", data: { name, alias, version: String(version) } } as const;
  await changingModel(ctx, found.modelId, events, (sql) => sql.query(
    `WITH touched AS (UPDATE "RegisteredModel" SET "lastUpdatedTimeMs" = $4 WHERE id = $1)
     INSERT INTO "ModelAlias" ("modelId", alias, version) VALUES ($1, $2, $3) ON CONFLICT ("modelId", alias) DO UPDATE SET version = excluded.version`,
    [found.modelId, alias, version, ctx.now().getTime()],
  ));
  tellModel(ctx, found.modelId);
}

/** An alias that is not there is no error. */
export async function deleteAlias(ctx: Ctx, { name, alias }: { name: string; alias: string }): Promise<void> {
  requireAccess(ctx, "track");
  const model = await findModelRow(ctx, name);
  const events = { ofModel: "model_version_alias.deleted", ofPrompt: "prompt_alias.deleted", data: { name, alias } } as const;
  await changingModel(ctx, model.id, events, (sql) => sql.query(
    `WITH gone AS (DELETE FROM "ModelAlias" WHERE "modelId" = $1 AND alias = $2 RETURNING alias)
     UPDATE "RegisteredModel" SET "lastUpdatedTimeMs" = $3 WHERE id = $1 AND EXISTS (SELECT 1 FROM gone)`,
    [model.id, alias, ctx.now().getTime()],
  ));
  tellModel(ctx, model.id);
}

/** `latest` is the highest version. An unknown alias is `invalid` (400), MLflow's exception to the table. */
export async function getVersionByAlias(ctx: Ctx, { name, alias }: { name: string; alias: string }): Promise<ModelVersion> {
  requireAccess(ctx, "view");
  const isLatest = alias.toLowerCase() === "latest";
  const ofModel = `SELECT ${markedVersionColumns} FROM "RegisteredModel" m JOIN "ModelVersion" v ON v."modelId" = m.id`;
  const { rows } = await ctx.sql.query<MarkedVersionRow>(
    isLatest
      ? { name: "latest-version", text: `${ofModel} WHERE m."workspaceId" = $1 AND m.name = $2 AND v."deletedAtMs" IS NULL ORDER BY v.version DESC LIMIT 1` }
      : {
          name: "version-by-alias",
          text: `${ofModel} JOIN "ModelAlias" a ON a."modelId" = v."modelId" AND a.version = v.version WHERE m."workspaceId" = $1 AND m.name = $2 AND a.alias = $3 AND v."deletedAtMs" IS NULL`,
        },
    isLatest ? [ctx.workspaceId, name] : [ctx.workspaceId, name, alias],
  );
  const [version] = rows;
  if (!version) await findModelRow(ctx, name);
  if (!version) throw invalid(`Registered model alias ${alias.slice(0, 255)} not found.`);
  return toMarkedVersion(version);
}
