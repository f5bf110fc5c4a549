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

/** The same with its tags and aliases, for single versions. */
export type MarkedVersionRow = VersionRow & { tags: [key: string, value: string][] | null; aliases: string[] | null };
export const markedVersionColumns = `${versionColumns},
  (SELECT json_agg(json_build_array(t.key, t.value) ORDER BY t.key COLLATE "C") FROM "ModelVersionTag" t WHERE t."modelId" = v."modelId" AND t.version = v.version) AS tags,
  (SELECT json_agg(a.alias ORDER BY a.alias COLLATE "C") FROM "ModelAlias" a WHERE a."modelId" = v."modelId" AND a.version = v.version) AS aliases`;

export const toMarkedVersion = (r: MarkedVersionRow): ModelVersion =>
  toVersion(r, [...(r.tags ?? []).map(([key, value]) => ({ isAlias: false, key, value })), ...(r.aliases ?? []).map((key) => ({ isAlias: true, key, value: "" }))]);

/** @throws DomainError `not_found`. */
export async function findModelRow(ctx: Ctx, name: string): Promise<ModelRow> {
  const { rows } = await ctx.sql.query<ModelRow>({ name: "registered-model", text: `SELECT ${modelColumns} FROM "RegisteredModel" m WHERE m."workspaceId" = $1 AND m.name = $2` }, [ctx.workspaceId, name]);
  if (!rows[0]) throw noRegisteredModel(name);
  return rows[0];
}

/** Not a deleted one. @throws DomainError `not_found`. */
export async function findVersionRow(ctx: Ctx, name: string, version: number): Promise<MarkedVersionRow> {
  const { rows } = Number.isInteger(version) && version > 0 && version < 2 ** 31
    ? await ctx.sql.query<MarkedVersionRow>(
        {
          name: "model-version",
          text: `SELECT ${markedVersionColumns} FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId"
            WHERE m."workspaceId" = $1 AND m.name = $2 AND v.version = $3 AND v."deletedAtMs" IS NULL`,
        },
        [ctx.workspaceId, name, version],
      )
    : { rows: [] };
  if (!rows[0]) throw noModelVersion(name, version);
  return rows[0];
}

/** Gives each version its tags and aliases. */
export async function hydrateVersions(ctx: Ctx, rows: VersionRow[]): Promise<ModelVersion[]> {
  if (rows.length === 0) return [];
  const { rows: found } = await ctx.sql.query<{ modelId: string; version: number; isAlias: boolean; key: string; value: string }>(
    {
      name: "version-marks",
      text: `WITH v AS (SELECT * FROM unnest($1::text[], $2::int4[]) v(model, version))
        SELECT t."modelId", t.version, false AS "isAlias", t.key, t.value FROM v JOIN "ModelVersionTag" t ON t."modelId" = v.model AND t.version = v.version
        UNION ALL SELECT a."modelId", a.version, true, a.alias, '' FROM "ModelAlias" a JOIN v ON a."modelId" = v.model AND a.version = v.version`,
    },
    [rows.map((r) => r.modelId), rows.map((r) => r.version)],
  );
  found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const marksOf = groupBy(found, (t) => `${t.modelId}/${t.version}`);
  return rows.map((r) => toVersion(r, marksOf.get(`${r.modelId}/${r.version}`) ?? []));
}

function toVersion(r: VersionRow, marks: { isAlias: boolean; key: string; value: string }[]): ModelVersion {
  return {
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
    tags: marks.filter((m) => !m.isAlias).map(({ key, value }) => ({ key, value })),
    aliases: marks.filter((m) => m.isAlias).map((m) => m.key),
  };
}

/** The newest version of each stage, of these models. */
export async function latestVersionRows(ctx: Ctx, modelIds: string[], stages?: Stage[]): Promise<VersionRow[]> {
  const { rows } = await ctx.sql.query<VersionRow>(
    {
      name: "latest-versions",
      text: `SELECT DISTINCT ON (v."modelId", v.stage) ${versionColumns} FROM "ModelVersion" v JOIN "RegisteredModel" m ON m.id = v."modelId"
        WHERE v."modelId" = ANY($1::text[]) AND v."deletedAtMs" IS NULL AND ($2::text[] IS NULL OR v.stage = ANY($2)) ORDER BY v."modelId", v.stage, v.version DESC`,
    },
    [modelIds, stages ?? null],
  );
  return rows.sort((a, b) => a.version - b.version);
}

export async function hydrateModels(ctx: Ctx, rows: ModelRow[]): Promise<RegisteredModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((r) => r.id);
  const [tags, aliases, latest] = await Promise.all([
    ctx.sql.query<KeyValue & { modelId: string }>({ name: "model-tags", text: `SELECT "modelId", key, value FROM "RegisteredModelTag" WHERE "modelId" = ANY($1::text[]) ORDER BY key COLLATE "C"` }, [ids]),
    ctx.sql.query<{ modelId: string; alias: string; version: number }>({ name: "model-aliases", text: `SELECT "modelId", alias, version FROM "ModelAlias" WHERE "modelId" = ANY($1::text[]) ORDER BY alias COLLATE "C"` }, [ids]),
    latestVersionRows(ctx, ids).then((found) => hydrateVersions(ctx, found)),
  ]);
  const [tagsOf, aliasesOf, latestOf] = [groupBy(tags.rows, (t) => t.modelId), groupBy(aliases.rows, (a) => a.modelId), groupBy(latest, (v) => v.name)];
  return rows.map((r) => ({
    id: r.id,
    name: r.name,
    description: r.description,
    creationTimeMs: Number(r.creationTimeMs),
    lastUpdatedTimeMs: Number(r.lastUpdatedTimeMs),
    tags: (tagsOf.get(r.id) ?? []).map(({ key, value }) => ({ key, value })),
    aliases: (aliasesOf.get(r.id) ?? []).map(({ alias, version }) => ({ alias, version })),
    latestVersions: latestOf.get(r.name) ?? [],
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
