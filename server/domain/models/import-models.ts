import { newId } from "@/common/ids";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, invalid } from "@/server/errors";
import { requireExperimentAccess } from "../experiments";
import { requireRegistryOwner, tellModel } from "./registered-models";
import { findModelRow } from "./rows";
import type { KeyValue, LoggedModelStatus } from "./types";

export type LoggedModelToImport = {
  /** `m-` and 32 hex digits. */
  id: string;
  experimentId: number;
  name: string;
  artifactUri: string;
  status: LoggedModelStatus;
  statusMessage: string | null;
  modelType: string | null;
  sourceRunId: string | null;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  params: KeyValue[];
  tags: KeyValue[];
  metrics: { key: string; value: number; step: bigint; timestampMs: bigint; runId: string; datasetName: string; datasetDigest: string }[];
};

/** A logged model of another tracking server under its own id; one that is here already gets what it lacks. Deleted ones: `markImportedModelDeleted`, once their files are there. */
export async function importLoggedModel(ctx: Ctx, m: LoggedModelToImport): Promise<void> {
  requireAccess(ctx, "track");
  if (!/^m-[0-9a-f]{32}$/.test(m.id)) throw invalid("A logged model's id is m- and 32 hex digits.");
  await requireExperimentAccess(ctx, { experimentId: m.experimentId }, "track");
  await inTransaction(ctx.sql, async (client) => {
    const { rows } = await client.query(
      `INSERT INTO "LoggedModel" AS l (id, "experimentId", name, "artifactUri", status, "statusMessage", "modelType", "sourceRunId", "creationTimeMs", "lastUpdatedTimeMs")
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, "statusMessage" = excluded."statusMessage", "lastUpdatedTimeMs" = excluded."lastUpdatedTimeMs", "deletedAtMs" = NULL
       WHERE l."experimentId" = excluded."experimentId" RETURNING id`,
      [m.id, m.experimentId, m.name, m.artifactUri, m.status, m.statusMessage, m.modelType, m.sourceRunId, m.creationTimeMs, m.lastUpdatedTimeMs],
    );
    if (!rows[0]) throw new DomainError("already_exists", `A logged model with the id ${m.id} is here, in another experiment.`);
    await client.query(`INSERT INTO "LoggedModelParam" ("modelId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`, [m.id, ...columns(m.params)]);
    await client.query(
      `INSERT INTO "LoggedModelTag" ("modelId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT ("modelId", key) DO UPDATE SET value = excluded.value`,
      [m.id, ...columns(m.tags)],
    );
    const values = m.metrics.map((x) => (Number.isNaN(x.value) ? 0 : x.value));
    await client.query(
      `INSERT INTO "LoggedModelMetric" ("modelId", key, step, "timestampMs", value, "isNan", "runId", "datasetName", "datasetDigest")
       SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::float8[], $6::bool[], $7::text[], $8::text[], $9::text[]) ON CONFLICT DO NOTHING`,
      [
        m.id, m.metrics.map((x) => x.key), m.metrics.map((x) => x.step), m.metrics.map((x) => x.timestampMs), values.map(String), m.metrics.map((x) => Number.isNaN(x.value)),
        m.metrics.map((x) => x.runId || null), m.metrics.map((x) => x.datasetName), m.metrics.map((x) => x.datasetDigest),
      ],
    );
  });
  announce(ctx, `experiment:${m.experimentId}`, ...(m.sourceRunId ? [`run:${m.sourceRunId}`] : []));
}

export async function markImportedModelDeleted(ctx: Ctx, { modelId, experimentId, deletedTimeMs }: { modelId: string; experimentId: number; deletedTimeMs: number }): Promise<void> {
  await requireExperimentAccess(ctx, { experimentId }, "track");
  await ctx.sql.query(`UPDATE "LoggedModel" SET "deletedAtMs" = $3 WHERE id = $1 AND "experimentId" = $2`, [modelId, experimentId, deletedTimeMs]);
}

export type RegisteredModelToImport = { name: string; description: string | null; creationTimeMs: number; lastUpdatedTimeMs: number; tags: KeyValue[] };

/** A registered model with its own times. Where the name is taken, that model takes the versions: it keeps its description and gets the tags it lacks. */
export async function importRegisteredModel(ctx: Ctx, m: RegisteredModelToImport): Promise<{ isNew: boolean }> {
  requireRegistryOwner(ctx);
  const { rowCount } = await ctx.sql.query(
    `INSERT INTO "RegisteredModel" (id, "workspaceId", name, description, "creationTimeMs", "lastUpdatedTimeMs") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ("workspaceId", name) DO NOTHING`,
    [newId("mdl"), ctx.workspaceId, m.name, m.description, m.creationTimeMs, m.lastUpdatedTimeMs],
  );
  const row = await findModelRow(ctx, m.name);
  await ctx.sql.query(`INSERT INTO "RegisteredModelTag" ("modelId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`, [row.id, ...columns(m.tags)]);
  tellModel(ctx, row.id);
  return { isNew: rowCount === 1 };
}

export type VersionToImport = {
  name: string;
  version: number;
  creationTimeMs: number;
  lastUpdatedTimeMs: number;
  description: string;
  userId: string | null;
  stage: string;
  source: string;
  storageLocation: string;
  runId: string | null;
  loggedModelId: string | null;
  runLink: string;
  status: string;
  isDeleted: boolean;
  tags: KeyValue[];
};

/**
 * A version with its own number, times and stage. A number that another version has here is not taken over: it becomes the next
 * number, which is returned. The same version (made at the same time) is left as it is.
 */
export async function importModelVersion(ctx: Ctx, v: VersionToImport): Promise<{ version: number }> {
  requireRegistryOwner(ctx);
  const model = await findModelRow(ctx, v.name);
  const version = await inTransaction(ctx.sql, async (client) => {
    const locked = await client.query<{ lastVersion: number }>(`SELECT "lastVersion" FROM "RegisteredModel" WHERE id = $1 FOR UPDATE`, [model.id]);
    const last = locked.rows[0]?.lastVersion ?? 0;
    const here = await client.query<{ creationTimeMs: bigint }>(`SELECT "creationTimeMs" FROM "ModelVersion" WHERE "modelId" = $1 AND version = $2`, [model.id, v.version]);
    const taken = here.rows[0];
    const number = !taken || Number(taken.creationTimeMs) === v.creationTimeMs ? v.version : last + 1;
    await client.query(`UPDATE "RegisteredModel" SET "lastVersion" = greatest("lastVersion", $2) WHERE id = $1`, [model.id, number]);
    await client.query(
      `INSERT INTO "ModelVersion" ("modelId", version, "creationTimeMs", "lastUpdatedTimeMs", description, "userId", stage, source, "storageLocation", "runId", "loggedModelId", "runLink", status, "deletedAtMs")
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
      [
        model.id, number, v.creationTimeMs, v.lastUpdatedTimeMs, v.description || null, v.userId, v.stage, v.source, v.storageLocation, v.runId, v.loggedModelId, v.runLink || null, v.status,
        v.isDeleted ? v.lastUpdatedTimeMs : null,
      ],
    );
    await client.query(`INSERT INTO "ModelVersionTag" ("modelId", version, key, value) SELECT $1, $2, * FROM unnest($3::text[], $4::text[]) ON CONFLICT DO NOTHING`, [model.id, number, ...columns(v.tags)]);
    return number;
  });
  tellModel(ctx, model.id);
  return { version };
}

/** An alias that is here keeps its version. */
export async function importAlias(ctx: Ctx, { name, alias, version }: { name: string; alias: string; version: number }): Promise<void> {
  requireRegistryOwner(ctx);
  const model = await findModelRow(ctx, name);
  await ctx.sql.query(`INSERT INTO "ModelAlias" ("modelId", alias, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, [model.id, alias, version]);
  tellModel(ctx, model.id);
}

function columns(pairs: KeyValue[]): [string[], string[]] {
  const unique = new Map(pairs.map((p) => [p.key, p.value]));
  return [[...unique.keys()], [...unique.values()]];
}
