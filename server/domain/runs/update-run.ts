import type { Ctx } from "@/server/ctx";
import { forbidden } from "@/server/errors";
import { requireActiveRun, requireRunAccess } from "./access";
import { checkTimestamp, cut, maxTagLength } from "./check";
import { type RunRow, runColumns } from "./rows";
import { tellRun } from "./tell";
import { type ExactRunRecord, type RunRecord, type RunStatus, toRunRecord } from "./types";

export type UpdateRunInput = { runId: string; status?: RunStatus; endTimeMs?: number | bigint; /** Empty: no change. */ name?: string };

/**
 * Changes a run's status, end or name. The status and end of a run that belongs to a job are the job's: a client's word that it
 * has ended is answered with the truth and decides nothing; that it is running is taken until the job has ended.
 */
export async function updateRun(ctx: Ctx, input: UpdateRunInput): Promise<RunRecord> {
  return toRunRecord(await updateExactRun(ctx, input));
}

export async function updateExactRun(ctx: Ctx, { runId, status, endTimeMs, name }: UpdateRunInput): Promise<ExactRunRecord> {
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  const decides = !run.hasJob || (status === "RUNNING" && endTimeMs === undefined && !run.isJobEnded);
  const end = endTimeMs === undefined ? null : checkTimestamp(BigInt(endTimeMs), "end_time");
  return write(ctx, run, {
    status: decides ? (status ?? null) : null,
    endTimeMs: decides ? end : null,
    name: name ? cut(name, maxTagLength) : null,
    startTimeMs: null,
    keepsEnd: run.hasJob,
  });
}

/** The end of a run that belongs to a job, written by the server itself. */
export async function endRunOfJob(ctx: Ctx, input: { runId: string; status: RunStatus; endTimeMs: number }): Promise<void> {
  requireSystem(ctx);
  const run = await requireRunAccess(ctx, input, "track");
  await write(ctx, run, { status: input.status, endTimeMs: BigInt(input.endTimeMs), name: null, startTimeMs: null, keepsEnd: false });
}

/** The status of a run that belongs to a job, while it has not ended. */
export async function setRunStatusOfJob(ctx: Ctx, input: { runId: string; status: RunStatus; startTimeMs?: number }): Promise<void> {
  requireSystem(ctx);
  const run = await requireRunAccess(ctx, input, "track");
  const startTimeMs = input.startTimeMs === undefined ? null : BigInt(input.startTimeMs);
  await write(ctx, run, { status: input.status, endTimeMs: null, name: null, startTimeMs, keepsEnd: true });
}

function requireSystem(ctx: Ctx): void {
  if (ctx.actor.kind !== "system") throw forbidden("Only the server itself ends the run of a launch.");
}

type Change = { status: RunStatus | null; endTimeMs: bigint | null; name: string | null; startTimeMs: bigint | null; /** An end that is there already wins over a late status. */ keepsEnd: boolean };

async function write(ctx: Ctx, run: RunRow, { status, endTimeMs, name, startTimeMs, keepsEnd }: Change): Promise<RunRow> {
  const { rows } = await ctx.sql.query<RunRow>(
    {
      name: "update-run",
      text: `WITH named AS (
          INSERT INTO "Tag" ("runSeq", key, value, "experimentId") SELECT $1, 'mlflow.runName', $4, $6 WHERE $4::text IS NOT NULL
          ON CONFLICT ("runSeq", key) DO UPDATE SET value = excluded.value)
        UPDATE "Run" r SET status = CASE WHEN $7 AND r."endTimeMs" IS NOT NULL THEN r.status ELSE coalesce($2, r.status) END, "endTimeMs" = coalesce($3, r."endTimeMs"), name = coalesce($4, r.name),
          "startTimeMs" = coalesce($5, r."startTimeMs"), revision = r.revision + 1 WHERE r.seq = $1 RETURNING ${runColumns}`,
    },
    [run.seq, status, endTimeMs, name, startTimeMs, run.experimentId, keepsEnd],
  );
  tellRun(ctx, run);
  return rows[0] ?? run;
}
