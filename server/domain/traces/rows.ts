import type { Ctx } from "@/server/ctx";
import { traceName } from "./check";
import type { Assessment, AssessmentError, AssessmentKind, AssessmentSource, Texts, TraceInfo, TraceState } from "./types";

export type TraceRow = {
  seq: bigint;
  id: string;
  experimentId: number;
  timestampMs: bigint;
  executionMs: bigint | null;
  state: TraceState;
  name: string | null;
  clientRequestId: string | null;
  requestPreview: string | null;
  responsePreview: string | null;
  tags: Texts;
  metadata: Texts;
};

export const traceColumns = `t.seq, t.id, t."experimentId", t."timestampMs", t."executionMs", t.state, t.name, t."clientRequestId", t."requestPreview", t."responsePreview", t.tags, t.metadata`;

export type AssessmentRow = {
  traceSeq: bigint;
  id: string;
  name: string;
  kind: AssessmentKind;
  value: string;
  error: AssessmentError | null;
  sourceType: AssessmentSource;
  sourceId: string | null;
  spanId: string | null;
  rationale: string | null;
  overrides: string | null;
  isValid: boolean;
  metadata: Texts | null;
  createdMs: bigint;
  lastUpdatedMs: bigint;
};

export const assessmentColumns = `a."traceSeq", a.id, a.name, a.kind, a.value, a.error, a."sourceType", a."sourceId", a."spanId", a.rationale, a.overrides, a."isValid", a.metadata, a."createdMs", a."lastUpdatedMs"`;

export function toAssessment({ traceSeq: _, ...row }: AssessmentRow, traceId: string): Assessment {
  return { ...row, traceId };
}

/** Traces as told to callers, with their assessments, in the order of the rows. */
export async function withAssessments(ctx: Pick<Ctx, "sql">, rows: TraceRow[]): Promise<TraceInfo[]> {
  if (rows.length === 0) return [];
  const found = await ctx.sql.query<AssessmentRow>(
    { name: "assessments-of-traces", text: `SELECT ${assessmentColumns} FROM "Assessment" a WHERE a."traceSeq" = ANY($1::int8[]) ORDER BY a."createdMs", a.id` },
    [rows.map((r) => r.seq)],
  );
  const bySeq = new Map<bigint, AssessmentRow[]>();
  for (const row of found.rows) bySeq.set(row.traceSeq, [...(bySeq.get(row.traceSeq) ?? []), row]);
  return rows.map((row) => toTraceInfo(row, bySeq.get(row.seq) ?? []));
}

export function toTraceInfo({ seq: _, name, ...row }: TraceRow, assessments: AssessmentRow[]): TraceInfo {
  return {
    ...row,
    tags: name === null ? row.tags : { ...row.tags, [traceName]: name },
    assessments: assessments.map((a) => toAssessment(a, row.id)),
  };
}
