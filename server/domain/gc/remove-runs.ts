import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { rootOfUri } from "../artifacts";
import { runIsNeeded, runIsOld, type Scope } from "./candidates";
import { removeFiles, type Removed } from "./remove-files";

const runsAtOnce = 100;
/** A transaction takes runs until they hold this many files together; one run alone may hold more. */
const filesAtOnce = 20_000;

/**
 * Removes some deleted runs for good, with everything that hangs on them: their rows by `seq`, the launches that made them with their
 * logs, their artifacts. A run that is being restored at this moment is passed over.
 *
 * @returns null when there are none left.
 */
export async function removeSomeRuns(ctx: Ctx, scope: Scope): Promise<Removed | null> {
  const keys: string[] = [];
  const removed = await inTransaction(ctx.sql, async (client) => {
    keys.length = 0;
    const { rows } = await client.query<{ id: string; seq: number; uri: string }>(
      `SELECT r.id, r.seq, r."artifactUri" AS uri FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId"
       WHERE ${runIsOld} AND NOT ${runIsNeeded} ORDER BY r.seq LIMIT ${runsAtOnce} FOR UPDATE OF r SKIP LOCKED`,
      scope,
    );
    if (rows.length === 0) return null;
    const some = await fewEnough(rows.map((r) => ({ ...r, root: rootOfUri(r.uri) })));
    const seqs = some.map((r) => r.seq);
    const ids = some.map((r) => r.id);
    const files = await client.query<{ storeKey: string; sizeBytes: bigint }>(`DELETE FROM "Artifact" WHERE root = ANY($1::text[]) RETURNING "storeKey", "sizeBytes"`, [
      some.map((r) => r.root).filter(Boolean),
    ]);
    for (const table of ["Param", "Tag", "LatestMetric", "MetricSegment", "RunFragment"]) await client.query(`DELETE FROM "${table}" WHERE "runSeq" = ANY($1::int[])`, [seqs]);
    await client.query(`DELETE FROM "JobInput" WHERE "jobId" IN (SELECT id FROM "Job" WHERE "runId" = ANY($1::text[]))`, [ids]);
    await client.query(`DELETE FROM "Job" WHERE "runId" = ANY($1::text[])`, [ids]);
    await client.query(`DELETE FROM "TraceLink" WHERE kind = 'run' AND target = ANY($1::text[])`, [ids]);
    await client.query(`DELETE FROM "ShareLink" WHERE "targetType" = 'run' AND "targetId" = ANY($1::text[])`, [ids]);
    await client.query(`UPDATE "Run" SET "parentRunId" = NULL WHERE "parentRunId" = ANY($1::text[])`, [ids]);
    await client.query(`DELETE FROM "Run" WHERE seq = ANY($1::int[])`, [seqs]);
    keys.push(...files.rows.map((f) => f.storeKey));
    return { count: some.length, files: { count: files.rows.length, sizeBytes: files.rows.reduce((sum, f) => sum + Number(f.sizeBytes), 0) } };

    async function fewEnough<R extends { root: string }>(runs: R[]): Promise<R[]> {
      const counts = await client.query<{ root: string; n: bigint }>(`SELECT root, count(*) AS n FROM "Artifact" WHERE root = ANY($1::text[]) GROUP BY root`, [runs.map((r) => r.root)]);
      const byRoot = new Map(counts.rows.map((r) => [r.root, Number(r.n)]));
      let sum = 0;
      return runs.filter((r, i) => {
        sum += byRoot.get(r.root) ?? 0;
        return i === 0 || sum <= filesAtOnce;
      });
    }
  });
  await removeFiles(keys);
  return removed;
}
