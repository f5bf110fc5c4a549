import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { refuseStep } from "./access";
import type { KeyValue, LifecycleStage } from "./types";

export type ExperimentToImport = {
  /** Kept when it is free; null when it cannot be one of ours. */
  wantedId: number | null;
  name: string;
  /** An address outside this server, kept as it is; null: this server keeps the files. */
  artifactLocation: string | null;
  lifecycleStage: LifecycleStage;
  creationTimeMs: number | null;
  lastUpdateTimeMs: number | null;
  tags: KeyValue[];
};

/** Beyond this an id is not taken over, as the ids that follow count on from the highest. */
const maxKeptId = 1_000_000_000;

/**
 * An experiment of another tracking server, with its own times and stage. Where the name is taken here, also by a deleted one, that
 * experiment takes the runs: it keeps its id, stage and tags, and gets the tags it lacks.
 */
export async function importExperiment(ctx: Ctx, input: ExperimentToImport): Promise<{ experimentId: number; isNew: boolean; lifecycleStage: LifecycleStage; artifactLocation: string }> {
  requireAccess(ctx, "track");
  refuseStep(ctx);
  const nowMs = ctx.now().getTime();
  const made = await inTransaction(ctx.sql, async (client) => {
    const here = await client.query<Found>(`SELECT id, "lifecycleStage", "artifactLocation" FROM "Experiment" WHERE "workspaceId" = $1 AND name = $2 FOR SHARE`, [ctx.workspaceId, input.name]);
    let found = here.rows[0];
    const isNew = !found;
    if (!found && input.wantedId !== null && input.wantedId >= 1 && input.wantedId <= maxKeptId) {
      // First the counter, so that nobody who makes an experiment meanwhile is given this number.
      await client.query(`SELECT setval('"Experiment_id_seq"', $1) WHERE $1 > (SELECT last_value FROM "Experiment_id_seq")`, [input.wantedId]);
      found = await insert(client, ctx, input, input.wantedId, nowMs);
    }
    found ??= await insert(client, ctx, input, null, nowMs);
    if (!found) throw new Error("the experiment's name was taken at this very moment; run the import again");
    const unique = new Map(input.tags.map((t) => [t.key, t.value]));
    await client.query(`INSERT INTO "ExperimentTag" ("experimentId", key, value) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`, [found.id, [...unique.keys()], [...unique.values()]]);
    return { experimentId: found.id, isNew, lifecycleStage: found.lifecycleStage, artifactLocation: found.artifactLocation };
  });
  announce(ctx, `workspace:${ctx.workspaceId}`, `experiment:${made.experimentId}`);
  return made;
}

type Found = { id: number; lifecycleStage: LifecycleStage; artifactLocation: string };

async function insert(client: { query: Ctx["sql"]["query"] }, ctx: Ctx, input: ExperimentToImport, id: number | null, nowMs: number): Promise<Found | undefined> {
  const { rows } = await client.query<Found>(
    `WITH next AS (SELECT coalesce($1, nextval('"Experiment_id_seq"'))::int AS id)
     INSERT INTO "Experiment" (id, "workspaceId", name, "artifactLocation", "lifecycleStage", "creationTimeMs", "lastUpdateTimeMs")
     SELECT id, $2, $3, coalesce($4, 'mlflow-artifacts:/' || id), $5, $6, $7 FROM next ON CONFLICT DO NOTHING RETURNING id, "lifecycleStage", "artifactLocation"`,
    [id, ctx.workspaceId, input.name, input.artifactLocation, input.lifecycleStage, input.creationTimeMs ?? nowMs, input.lastUpdateTimeMs ?? input.creationTimeMs ?? nowMs],
  );
  return rows[0];
}
