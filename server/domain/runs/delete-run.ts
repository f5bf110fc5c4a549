import type { Ctx } from "@/server/ctx";
import { requireRunAccess } from "./access";
import { tellRun } from "./tell";

/** Marks a run deleted; it can be restored. Done twice it is done once. */
export const deleteRun = (ctx: Ctx, { runId }: { runId: string }): Promise<void> => setStage(ctx, runId, "deleted");

export const restoreRun = (ctx: Ctx, { runId }: { runId: string }): Promise<void> => setStage(ctx, runId, "active");

async function setStage(ctx: Ctx, runId: string, stage: "active" | "deleted"): Promise<void> {
  const run = await requireRunAccess(ctx, { runId }, "track");
  await ctx.sql.query(
    `UPDATE "Run" SET "lifecycleStage" = $2, "deletedAtMs" = $3, revision = revision + 1 WHERE id = $1 AND "lifecycleStage" <> $2`,
    [runId, stage, stage === "deleted" ? ctx.now().getTime() : null],
  );
  tellRun(ctx, run);
}
