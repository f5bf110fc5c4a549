import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError } from "@/server/errors";
import { noExperiment, refuseStep, requireExperimentAccess } from "./access";
import { checkName, checkTag, requireActive } from "./check";
import { nameTaken } from "./create-experiment";

/** Renames. @throws DomainError `already_exists` when the name is taken; a deleted experiment is refused. */
export async function updateExperiment(ctx: Ctx, { experimentId, name }: { experimentId: number; name: string }): Promise<void> {
  refuseStep(ctx);
  const experiment = await requireExperimentAccess(ctx, { experimentId }, "track");
  checkName(name);
  if (experiment.lifecycleStage !== "active") throw new DomainError("invalid", "Cannot rename a non-active experiment.", { errorCode: "INVALID_STATE" });
  await ctx.sql
    .query(`UPDATE "Experiment" SET name = $2, "lastUpdateTimeMs" = $3 WHERE id = $1`, [experimentId, name, ctx.now().getTime()])
    .catch((error: { code?: string }) => {
      throw error.code === "23505" ? nameTaken(name) : error;
    });
  announce(ctx, `experiment:${experimentId}`, `workspace:${ctx.workspaceId}`);
}

/** Marks the experiment and its runs deleted; the name stays taken. @throws DomainError `not_found` when it is deleted already. */
export const deleteExperiment = (ctx: Ctx, { experimentId }: { experimentId: number }) => setStage(ctx, experimentId, "active", "deleted");

/** Brings back the experiment and all its runs. @throws DomainError `not_found` when it is not deleted. */
export const restoreExperiment = (ctx: Ctx, { experimentId }: { experimentId: number }) => setStage(ctx, experimentId, "deleted", "active");

async function setStage(ctx: Ctx, experimentId: number, from: "active" | "deleted", to: "active" | "deleted"): Promise<void> {
  refuseStep(ctx);
  await requireExperimentAccess(ctx, { experimentId }, "track");
  const nowMs = ctx.now().getTime();
  await inTransaction(ctx.sql, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE "Experiment" SET "lifecycleStage" = $3, "lastUpdateTimeMs" = $4 WHERE id = $1 AND "lifecycleStage" = $2`,
      [experimentId, from, to, nowMs],
    );
    if (rowCount === 0) throw noExperiment(experimentId);
    await client.query(
      `UPDATE "Run" SET "lifecycleStage" = $2, "deletedAtMs" = $3, revision = revision + 1 WHERE "experimentId" = $1 AND "lifecycleStage" <> $2`,
      [experimentId, to, to === "deleted" ? nowMs : null],
    );
  });
  announce(ctx, `experiment:${experimentId}`, `workspace:${ctx.workspaceId}`);
}

export async function setExperimentTag(ctx: Ctx, { experimentId, key, value }: { experimentId: number; key: string; value: string }): Promise<void> {
  refuseStep(ctx);
  const experiment = await requireExperimentAccess(ctx, { experimentId }, "track");
  checkTag(key, value);
  requireActive(experiment);
  await ctx.sql.query(
    `WITH touched AS (UPDATE "Experiment" SET "lastUpdateTimeMs" = $4 WHERE id = $1)
     INSERT INTO "ExperimentTag" ("experimentId", key, value) VALUES ($1, $2, $3)
     ON CONFLICT ("experimentId", key) DO UPDATE SET value = excluded.value`,
    [experimentId, key, value, ctx.now().getTime()],
  );
  announce(ctx, `experiment:${experimentId}`);
}

/** @throws DomainError `not_found` when the experiment has no such tag. */
export async function deleteExperimentTag(ctx: Ctx, { experimentId, key }: { experimentId: number; key: string }): Promise<void> {
  refuseStep(ctx);
  const experiment = await requireExperimentAccess(ctx, { experimentId }, "track");
  requireActive(experiment);
  const { rowCount } = await ctx.sql.query(`DELETE FROM "ExperimentTag" WHERE "experimentId" = $1 AND key = $2`, [experimentId, key]);
  if (rowCount === 0) throw new DomainError("not_found", `No tag with name: ${key.slice(0, 250)} in experiment with id ${experimentId}`);
  announce(ctx, `experiment:${experimentId}`);
}
