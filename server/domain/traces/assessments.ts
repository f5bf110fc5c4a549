import type pg from "pg";
import { newRunId } from "@/common/ids";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, invalid } from "@/server/errors";
import { requireTrace } from "./access";
import { type AssessmentRow, assessmentColumns, toAssessment } from "./rows";
import type { Assessment, AssessmentError, AssessmentKind, NewAssessment, Texts } from "./types";

const maxIdLength = 50;
const maxNameLength = 250;
const maxSourceLength = 250;
const maxValueLength = 1_000_000;
const runKey = "mlflow.assessment.sourceRunId";

const noAssessment = (traceId: string, id: string) => new DomainError("not_found", `Assessment with ID '${id.slice(0, 100)}' not found for trace '${traceId.slice(0, 100)}'`);

/** The number that an assessment is compared by; null for all else, also for true and false. */
export function numberOf(value: string): number | null {
  if (!/^-?\d/.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Stores assessments of a trace; one with an id that is there replaces it. For `startTrace`, inside its transaction. */
export async function insertAssessments(client: pg.PoolClient, traceSeq: bigint, assessments: NewAssessment[], nowMs: number): Promise<void> {
  for (const a of assessments) await insert(client, traceSeq, a, nowMs, true);
}

async function insert(client: pg.PoolClient, traceSeq: bigint, a: NewAssessment, nowMs: number, replaces: boolean): Promise<AssessmentRow | undefined> {
  check(a);
  const { rows } = await client.query<AssessmentRow>(
    `INSERT INTO "Assessment" AS a ("traceSeq", id, name, kind, value, number, error, "sourceType", "sourceId", "spanId", "runId", rationale, overrides, metadata, "createdMs", "lastUpdatedMs")
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     ON CONFLICT ("traceSeq", id) DO ${replaces ? `UPDATE SET name = excluded.name, kind = excluded.kind, value = excluded.value, number = excluded.number, error = excluded.error, rationale = excluded.rationale, metadata = excluded.metadata, "lastUpdatedMs" = excluded."lastUpdatedMs"` : "NOTHING"}
     RETURNING ${assessmentColumns}`,
    [
      traceSeq, a.id || `a-${newRunId()}`, a.name, a.kind, a.value, numberOf(a.value), a.error ? JSON.stringify(a.error) : null, a.sourceType ?? "SOURCE_TYPE_UNSPECIFIED", a.sourceId ?? null,
      a.spanId || null, a.metadata?.[runKey] ?? null, a.rationale || null, a.overrides || null, isEmpty(a.metadata) ? null : JSON.stringify(a.metadata), a.createdMs || BigInt(nowMs), a.lastUpdatedMs || BigInt(nowMs),
    ],
  );
  return rows[0];
}

/**
 * Adds a judgement of a trace, or what was expected of it. One that overrides another makes that other invalid.
 *
 * @throws DomainError `not_found` for the trace or the overridden one, `already_exists` for an id that is taken.
 */
export async function createAssessment(ctx: Ctx, { traceId, assessment }: { traceId: string; assessment: NewAssessment }): Promise<Assessment> {
  const trace = await requireTrace(ctx, traceId, "track");
  const row = await inTransaction(ctx.sql, async (client) => {
    if (assessment.overrides) {
      const { rowCount } = await client.query(`UPDATE "Assessment" SET "isValid" = false WHERE "traceSeq" = $1 AND id = $2`, [trace.seq, assessment.overrides]);
      if (!rowCount) throw noAssessment(traceId, assessment.overrides);
    }
    return insert(client, trace.seq, assessment, ctx.now().getTime(), false);
  });
  if (!row) throw new DomainError("already_exists", `Assessment with ID '${assessment.id?.slice(0, 100)}' is there already for trace '${trace.id}'.`);
  announce(ctx, `experiment:${trace.experimentId}`);
  return toAssessment(row, trace.id);
}

/** @throws DomainError `not_found`. */
export async function getAssessment(ctx: Ctx, { traceId, assessmentId }: { traceId: string; assessmentId: string }): Promise<Assessment> {
  const trace = await requireTrace(ctx, traceId, "view");
  const { rows } = await ctx.sql.query<AssessmentRow>(`SELECT ${assessmentColumns} FROM "Assessment" a WHERE a."traceSeq" = $1 AND a.id = $2`, [trace.seq, assessmentId]);
  if (!rows[0]) throw noAssessment(traceId, assessmentId);
  return toAssessment(rows[0], trace.id);
}

export type UpdateAssessmentInput = {
  traceId: string;
  assessmentId: string;
  name?: string;
  value?: { kind: AssessmentKind; value: string; error?: AssessmentError };
  rationale?: string;
  /** Joined to what is there. */
  metadata?: Texts;
};

/** Changes what is named. @throws DomainError `not_found`; `invalid` when feedback would become an expectation or the reverse. */
export async function updateAssessment(ctx: Ctx, input: UpdateAssessmentInput): Promise<Assessment> {
  const trace = await requireTrace(ctx, input.traceId, "track");
  const row = await inTransaction(ctx.sql, async (client) => {
    const { rows } = await client.query<AssessmentRow>(`SELECT ${assessmentColumns} FROM "Assessment" a WHERE a."traceSeq" = $1 AND a.id = $2 FOR UPDATE`, [trace.seq, input.assessmentId]);
    const old = rows[0];
    if (!old) throw noAssessment(input.traceId, input.assessmentId);
    if (input.value && input.value.kind !== old.kind) {
      throw invalid(`Cannot update ${input.value.kind} value on ${old.kind === "feedback" ? "a Feedback" : "an Expectation"} assessment.`);
    }
    const value = input.value?.value ?? old.value;
    const error = input.value ? (input.value.error ?? null) : old.error;
    const metadata = { ...old.metadata, ...input.metadata };
    const changed = { name: input.name ?? old.name, kind: old.kind, value, rationale: input.rationale ?? old.rationale ?? undefined, metadata };
    check(changed);
    const updated = await client.query<AssessmentRow>(
      `UPDATE "Assessment" a SET name = $3, value = $4, number = $5, error = $6, rationale = $7, metadata = $8, "lastUpdatedMs" = $9 WHERE a."traceSeq" = $1 AND a.id = $2 RETURNING ${assessmentColumns}`,
      [trace.seq, old.id, changed.name, value, numberOf(value), error ? JSON.stringify(error) : null, changed.rationale || null, isEmpty(metadata) ? null : JSON.stringify(metadata), ctx.now().getTime()],
    );
    return updated.rows[0];
  });
  if (!row) throw noAssessment(input.traceId, input.assessmentId);
  announce(ctx, `experiment:${trace.experimentId}`);
  return toAssessment(row, trace.id);
}

/** Removes it; one that it overrode is valid again. Nothing there: nothing happens, as in MLflow. */
export async function deleteAssessment(ctx: Ctx, { traceId, assessmentId }: { traceId: string; assessmentId: string }): Promise<void> {
  const trace = await requireTrace(ctx, traceId, "track").catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === "not_found") return null;
    throw error;
  });
  if (!trace) return;
  await ctx.sql.query(
    `WITH gone AS (DELETE FROM "Assessment" WHERE "traceSeq" = $1 AND id = $2 RETURNING overrides)
     UPDATE "Assessment" a SET "isValid" = true FROM gone WHERE a."traceSeq" = $1 AND a.id = gone.overrides`,
    [trace.seq, assessmentId],
  );
  announce(ctx, `experiment:${trace.experimentId}`);
}

function check(a: Pick<NewAssessment, "id" | "name" | "value" | "sourceId" | "rationale" | "metadata">): void {
  if (a.id && (a.id.length > maxIdLength || !/^[\w-]+$/.test(a.id))) throw invalid(`Invalid assessment ID '${a.id.slice(0, 60)}'. It is at most ${maxIdLength} letters, digits, '-' and '_'.`);
  if ([...a.name].length > maxNameLength) throw invalid(`'assessment_name' exceeds the maximum length of ${maxNameLength} characters`);
  if (a.sourceId && [...a.sourceId].length > maxSourceLength) throw invalid(`'source_id' exceeds the maximum length of ${maxSourceLength} characters`);
  if (a.value.length > maxValueLength) throw invalid(`An assessment's value is at most ${maxValueLength} characters.`);
  if ((a.rationale?.length ?? 0) > maxValueLength || JSON.stringify(a.metadata ?? {}).length > maxValueLength) throw invalid("An assessment's rationale or metadata are too long.");
}

const isEmpty = (texts: Texts | undefined): boolean => !texts || Object.keys(texts).length === 0;
