import type { Ctx } from "@/server/ctx";
import { noModelVersion, noRegisteredModel } from "./check";
import type { KeyValue, ModelVersion, RegisteredModel, Stage } from "./types";

export type ModelRow = { id: string; name: string; description: string | null; creationTimeMs: bigint; lastUpdatedTimeMs: bigint };
export const modelColumns = `m.id, m.name, m.description, m."creationTimeMs", m."lastUpdatedTimeMs"`;

export type VersionRow = {
  modelId: string; name: string; version: number; creationTimeMs: bigint; lastUpdatedTimeMs: bigint; description: string | null; stage: Stage;
  source: string | null; storageLocation: string | null; runId: string | null; loggedModelId: string | null; runLink: string | null; status: string;
};
export const versionColumns = `v."modelId", m.name, v.version, v."creationTimeMs", v."lastUpdatedTimeMs", v.description, v.stage, v.source, v."storageLocation", v."runId", v."loggedModelId", v."runLink", v.status`;

/** @throws DomainError `not_found`. */
export async function findModelRow(ctx: Ctx, name: string): Promise<ModelRow> {
  const { rows } = await ctx.sql.query<ModelRow>(`SELECT ${modelColumns} FROM "RegisteredModel" m WHERE m."workspaceId" = $1 AND m.name = $2`, [ctx.workspaceId, name]);
  if (!rows[0]) throw noRegisteredModel(name);
  return rows[0];
}

/** Not a deleted one. @throws DomainError `not_found`. */
export async function findVersionRow(ctx: Ctx, name: string, version: number): Promise<VersionRow> {
  const { rows } = Number.isInteger(version) && version > 0 && version < 2 ** 31
    ? await ctx.sql.query<VersionRow>(
        `SELECT ${versionColumns} FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId"
         WHERE m."workspaceId" = $1 AND m.name = $2 AND v.version = $3 AND v."deletedAtMs" IS NULL`,
        [ctx.workspaceId, name, version],
      )
    : { rows: [] };
  if (!rows[0]) throw noModelVersion(name, version);
  return rows[0];
}

/** Gives each version its tags and aliases. */
export async function hydrateVersions(ctx: Ctx, rows: VersionRow[]): Promise<ModelVersion[]> {
  if (rows.length === 0) return [];
  const modelIds = [...new Set(rows.map((r) => r.modelId))];
  const [tags, aliases] = await Promise.all([
    ctx.sql.query<KeyValue & { modelId: string; version: number }>(`SELECT "modelId", version, key, value FROM "ModelVersionTag" WHERE "modelId" = ANY($1::text[]) ORDER BY key COLLATE "C"`, [modelIds]),
    ctx.sql.query<{ modelId: string; version: number; alias: string }>(`SELECT "modelId", version, alias FROM "ModelAlias" WHERE "modelId" = ANY($1::text[]) ORDER BY alias COLLATE "C"`, [modelIds]),
  ]);
  const tagsOf = groupBy(tags.rows, (t) => `${t.modelId}/${t.version}`);
  const aliasesOf = groupBy(aliases.rows, (a) => `${a.modelId}/${a.version}`);
  return rows.map((r) => ({
    name: r.name,
    version: r.version,
    creationTimeMs: Number(r.creationTimeMs),
    lastUpdatedTimeMs: Number(r.lastUpdatedTimeMs),
    description: r.description,
    stage: r.stage,
    source: r.source ?? "",
    storageLocation: r.storageLocation ?? r.source ?? "",
    runId: r.runId ?? "",
    loggedModelId: r.loggedModelId,
    runLink: r.runLink ?? "",
    status: r.status,
    tags: (tagsOf.get(`${r.modelId}/${r.version}`) ?? []).map(({ key, value }) => ({ key, value })),
    aliases: (aliasesOf.get(`${r.modelId}/${r.version}`) ?? []).map((a) => a.alias),
  }));
}

/** The newest version of each stage, of these models. */
export async function latestVersionRows(ctx: Ctx, modelIds: string[], stages?: Stage[]): Promise<VersionRow[]> {
  const { rows } = await ctx.sql.query<VersionRow>(
    `SELECT DISTINCT ON (v."modelId", v.stage) ${versionColumns} FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId"
     WHERE v."modelId" = ANY($1::text[]) AND v."deletedAtMs" IS NULL AND ($2::text[] IS NULL OR v.stage = ANY($2)) ORDER BY v."modelId", v.stage, v.version DESC`,
    [modelIds, stages ?? null],
  );
  return rows;
}

export async function hydrateModels(ctx: Ctx, rows: ModelRow[]): Promise<RegisteredModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((r) => r.id);
  const [tags, aliases, latest] = await Promise.all([
    ctx.sql.query<KeyValue & { modelId: string }>(`SELECT "modelId", key, value FROM "RegisteredModelTag" WHERE "modelId" = ANY($1::text[]) ORDER BY key COLLATE "C"`, [ids]),
    ctx.sql.query<{ modelId: string; alias: string; version: number }>(`SELECT "modelId", alias, version FROM "ModelAlias" WHERE "modelId" = ANY($1::text[]) ORDER BY alias COLLATE "C"`, [ids]),
    latestVersionRows(ctx, ids).then((found) => hydrateVersions(ctx, found)),
  ]);
  return rows.map((r) => ({
    id: r.id,
    name: r.name,
    description: r.description,
    creationTimeMs: Number(r.creationTimeMs),
    lastUpdatedTimeMs: Number(r.lastUpdatedTimeMs),
    tags: tags.rows.filter((t) => t.modelId === r.id).map(({ key, value }) => ({ key, value })),
    aliases: aliases.rows.filter((a) => a.modelId === r.id).map(({ alias, version }) => ({ alias, version })),
    latestVersions: latest.filter((v) => v.name === r.name),
  }));
}

function groupBy<T>(rows: T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
