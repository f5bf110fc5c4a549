import { type Assessment, createAssessment, deleteAssessment, getAssessment, updateAssessment } from "@/server/domain/traces";
import { endpoint, rawEndpoint } from "./door";
import type { Route } from "./router";
import { traceAnswer, toAssessment } from "./wire/trace-json";
import * as wire from "./wire/traces";

const base = "/api/3.0/mlflow/traces/{trace_id}/assessments";
const answer = (assessment: Assessment): Buffer => traceAnswer({ assessment: toAssessment(assessment) });

export const assessmentRoutes: Route[] = [
  ["POST", base, rawEndpoint(wire.createAssessment, async (ctx, input) => answer(await createAssessment(ctx, { traceId: input.trace_id, assessment: wire.toNewAssessment(input.assessment) })))],
  ["GET", `${base}/{assessment_id}`, rawEndpoint(wire.assessmentById, async (ctx, input) => answer(await getAssessment(ctx, { traceId: input.trace_id, assessmentId: input.assessment_id })))],
  ["PATCH", `${base}/{assessment_id}`, rawEndpoint(wire.updateAssessment, async (ctx, { trace_id, assessment_id, assessment, update_mask }) => {
    const names = (...fields: string[]) => fields.some((f) => update_mask.includes(f));
    return answer(
      await updateAssessment(ctx, {
        traceId: trace_id,
        assessmentId: assessment_id,
        name: names("assessment_name") ? (assessment.assessment_name ?? "") : undefined,
        value: names("feedback", "expectation") ? wire.valueOf(assessment) : undefined,
        rationale: names("rationale") ? (assessment.rationale ?? "") : undefined,
        metadata: names("metadata") ? assessment.metadata : undefined,
      }),
    );
  })],
  ["DELETE", `${base}/{assessment_id}`, endpoint(wire.assessmentById, async (ctx, input) => {
    await deleteAssessment(ctx, { traceId: input.trace_id, assessmentId: input.assessment_id });
    return {};
  })],
];
