import type pg from "pg";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { rootOfUri } from "../artifacts";
import { experimentIsNeeded, experimentIsOld, modelIsNeeded, modelIsOld, type Scope } from "./candidates";
import { removeFiles, type Removed } from "./remove-files";

const atOnce = 100;
const tracesAtOnce = 1_000;

/** Removes some deleted logged models for good, with their files. @returns null when there are none left. */
export async function removeSomeModels(ctx: Ctx, scope: Scope): Promise<Removed | null> {
  return removing(ctx, async (client, take) => {
    const { rows } = await client.query<{ id: string; uri: string }>(
      `SELECT m.id, m."artifactUri" AS uri FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId"
       WHERE ${modelIsOld} AND NOT ${modelIsNeeded} ORDER BY m.id LIMIT ${atOnce} FOR UPDATE OF m SKIP LOCKED`,
      scope,
    );
    await take(rows.map((m) => m.uri));
    await client.query(`DELETE FROM "LoggedModel" WHERE id = ANY($1::text[])`, [rows.map((m) => m.id)]);
    return rows.length;
  });
}

export type ExperimentStep = Removed & { what: "models" | "traces" | "experiment" };

/**
 * Removes a part of one deleted experiment that has no runs left: some of its logged models, some of its traces, or, when there are
 * none, the experiment itself with its tags and datasets.
 *
 * @returns null when there is no such experiment.
 */
export async function removeSomeOfExperiment(ctx: Ctx, scope: Scope): Promise<ExperimentStep | null> {
  let what: ExperimentStep["what"] = "experiment";
  const removed = await removing(ctx, async (client, take) => {
    const { rows } = await client.query<{ id: number }>(
      `SELECT e.id FROM "Experiment" e WHERE ${experimentIsOld} AND NOT ${experimentIsNeeded} AND NOT EXISTS (SELECT 1 FROM "Run" r WHERE r."experimentId" = e.id)
       ORDER BY e.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED`,
      scope,
    );
    const experiment = rows[0];
    if (!experiment) return 0;
    const models = await client.query<{ id: string; uri: string }>(`SELECT id, "artifactUri" AS uri FROM "LoggedModel" WHERE "experimentId" = $1 LIMIT ${atOnce} FOR UPDATE`, [experiment.id]);
    if (models.rows.length > 0) {
      what = "models";
      await take(models.rows.map((m) => m.uri));
      await client.query(`DELETE FROM "LoggedModel" WHERE id = ANY($1::text[])`, [models.rows.map((m) => m.id)]);
      return models.rows.length;
    }
    const traces = await client.query<{ seq: bigint; uri: string | null }>(
      `SELECT seq, tags ->> 'mlflow.artifactLocation' AS uri FROM "Trace" WHERE "experimentId" = $1 LIMIT ${tracesAtOnce} FOR UPDATE`,
      [experiment.id],
    );
    if (traces.rows.length > 0) {
      what = "traces";
      await take(traces.rows.map((t) => t.uri ?? ""));
      await client.query(`DELETE FROM "Trace" WHERE seq = ANY($1::int8[])`, [traces.rows.map((t) => t.seq)]);
      return traces.rows.length;
    }
    await client.query(`DELETE FROM "Dataset" WHERE "experimentId" = $1`, [experiment.id]);
    await client.query(`DELETE FROM "ShareLink" WHERE "targetType" = 'experiment' AND "targetId" = $1`, [String(experiment.id)]);
    await client.query(`DELETE FROM "Experiment" WHERE id = $1`, [experiment.id]);
    return 1;
  });
  return removed && { ...removed, what };
}

/** One transaction that removes rows and the artifact rows below the addresses it takes; the bytes follow after the commit. */
async function removing(ctx: Ctx, act: (client: pg.PoolClient, take: (uris: string[]) => Promise<void>) => Promise<number>): Promise<Removed | null> {
  let keys: string[] = [];
  let sizeBytes = 0;
  const count = await inTransaction(ctx.sql, async (client) => {
    keys = [];
    sizeBytes = 0;
    return act(client, async (uris) => {
      const { rows } = await client.query<{ storeKey: string; sizeBytes: bigint }>(`DELETE FROM "Artifact" WHERE root = ANY($1::text[]) RETURNING "storeKey", "sizeBytes"`, [
        uris.map(rootOfUri).filter(Boolean),
      ]);
      for (const row of rows) {
        keys.push(row.storeKey);
        sizeBytes += Number(row.sizeBytes);
      }
    });
  });
  await removeFiles(keys);
  return count === 0 ? null : { count, files: { count: keys.length, sizeBytes } };
}
