import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError } from "@/server/errors";
import { refuseStep } from "./access";
import { checkArtifactLocation, checkName, checkTag } from "./check";
import type { KeyValue } from "./types";

export type CreateExperimentInput = { name: string; artifactLocation?: string; tags?: KeyValue[] };

/** @throws DomainError `already_exists` when the name is taken, also by a deleted experiment. */
export async function createExperiment(ctx: Ctx, { name, artifactLocation, tags = [] }: CreateExperimentInput): Promise<{ experimentId: number }> {
  requireAccess(ctx, "track");
  refuseStep(ctx);
  checkName(name);
  for (const { key, value } of tags) checkTag(key, value);
  const location = artifactLocation ? checkArtifactLocation(artifactLocation) : null;
  const nowMs = ctx.now().getTime();

  const experimentId = await inTransaction(ctx.sql, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      `WITH next AS (SELECT nextval(pg_get_serial_sequence('"Experiment"', 'id'))::int AS id)
       INSERT INTO "Experiment" (id, "workspaceId", name, "artifactLocation", "creationTimeMs", "lastUpdateTimeMs")
       SELECT id, $1, $2, coalesce($3, 'mlflow-artifacts:/' || id), $4, $4 FROM next
       ON CONFLICT ("workspaceId", name) DO NOTHING RETURNING id`,
      [ctx.workspaceId, name, location, nowMs],
    );
    const id = rows[0]?.id;
    if (id === undefined) throw nameTaken(name);
    const unique = new Map(tags.map((t) => [t.key, t.value]));
    await client.query(`INSERT INTO "ExperimentTag" ("experimentId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[])`, [
      id,
      [...unique.keys()],
      [...unique.values()],
    ]);
    return id;
  });
  announce(ctx, `workspace:${ctx.workspaceId}`);
  return { experimentId };
}

export const nameTaken = (name: string) => new DomainError("already_exists", `Experiment(name=${name.slice(0, 500)}) already exists.`);
