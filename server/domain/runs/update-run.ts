import type { Ctx } from "@/server/ctx";
import { forbidden } from "@/server/errors";
import { requireActiveRun, requireRunAccess, requireRunPlace } from "./access";
import { cut, maxTagLength } from "./check";
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
  const place = await requireRunPlace(ctx, runId);
  const change: Change = { status: status ?? null, endTimeMs: readEnd(endTimeMs), name: name ? cut(name, maxTagLength) : null, startTimeMs: null, keepsEnd: false };
  const written = await write(ctx, place, change, "of a client");
  if (written) return written;
  // It is deleted, or a job's.
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  const decides = !run.hasJob || (status === "RUNNING" && endTimeMs === undefined && !run.isJobEnded);
  const told: Change = { ...change, status: decides ? change.status : null, endTimeMs: decides ? change.endTimeMs : null, keepsEnd: run.hasJob };
  return (await write(ctx, run, told)) ?? run;
}

const readEnd = (endTimeMs: number | bigint | undefined) => (endTimeMs === undefined ? null : BigInt(endTimeMs));

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

/** Undefined when there is no such run; "of a client" asks for an active one that no job decides on. */
async function write(ctx: Ctx, run: { seq: number; experimentId: number }, { status, endTimeMs, name, startTimeMs, keepsEnd }: Change, which?: "of a client"): Promise<RunRow | undefined> {
  const { rows } = await ctx.sql.query<RunRow>(
    {
      name: which ? "update-client-run" : "update-run",
      text: `WITH run AS (
          UPDATE "Run" r SET status = CASE WHEN $7 AND r."endTimeMs" IS NOT NULL THEN r.status ELSE coalesce($2, r.status) END, "endTimeMs" = coalesce($3, r."endTimeMs"), name = coalesce($4, r.name),
            "startTimeMs" = coalesce($5, r."startTimeMs"), revision = r.revision + 1
          WHERE r.seq = $1 ${which ? `AND r."lifecycleStage" = 'active' AND NOT EXISTS (SELECT 1 FROM "Job" j WHERE j."runId" = r.id)` : ""} RETURNING ${runColumns}),
        named AS (
          INSERT INTO "Tag" ("runSeq", key, value, "experimentId") SELECT run.seq, 'mlflow.runName', $4, $6 FROM run WHERE $4::text IS NOT NULL
          ON CONFLICT ("runSeq", key) DO UPDATE SET value = excluded.value)
        SELECT * FROM run`,
    },
    [run.seq, status, endTimeMs, name, startTimeMs, run.experimentId, keepsEnd],
  );
  if (rows[0]) tellRun(ctx, rows[0]);
  return rows[0];
}
