import type pg from "pg";
import { newRunId } from "@/common/ids";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, forbidden } from "@/server/errors";
import { requireActive, requireExperimentAccess } from "../experiments";
import { requireTrace } from "./access";
import { insertAssessments } from "./assessments";
import { artifactLocation, checkTraceId, cut, cutMetadata, cutTags, finalized, maxPreviewLength, maxTagLength, sessionKey, traceName } from "./check";
import { type TraceRow, toTraceInfo, traceColumns, withAssessments } from "./rows";
import type { NewTrace, Texts, TraceInfo, TraceState } from "./types";

/** Where a trace's files are, such as traces.json. */
export const traceArtifactUri = (experimentLocation: string, traceId: string): string => `${experimentLocation}/traces/${traceId}/artifacts`;

/**
 * Stores what is known of a trace as a whole. Its spans may have come before: what is said here then counts more than what was read
 * from them, and tags, metadata and assessments that are there stay.
 *
 * @throws DomainError `not_found` for the experiment, `invalid` for a deleted one or an id that cannot be one.
 */
export async function startTrace(ctx: Ctx, trace: NewTrace): Promise<TraceInfo> {
  const experiment = await requireExperimentAccess(ctx, { experimentId: trace.experimentId }, "track");
  requireActive(experiment);
  checkTraceId(trace.id);
  const tags = { ...cutTags(trace.tags), [artifactLocation]: traceArtifactUri(experiment.artifactLocation, trace.id) };
  const name = trace.tags[traceName];
  const { [traceName]: _, ...otherTags }: Texts = tags;
  const store = async (client: Pick<pg.PoolClient, "query">) => {
    const { rows } = await client.query<TraceRow & { isNew: boolean }>(
      {
        name: "start-trace",
        text: `INSERT INTO "Trace" AS t ("workspaceId", id, "experimentId", "timestampMs", "executionMs", state, name, "sessionId", "clientRequestId", "requestPreview", "responsePreview", tags, metadata)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
          ON CONFLICT ("workspaceId", id) DO UPDATE SET "experimentId" = excluded."experimentId", "timestampMs" = excluded."timestampMs", "executionMs" = excluded."executionMs",
            state = excluded.state, name = coalesce(excluded.name, t.name), "sessionId" = coalesce(excluded."sessionId", t."sessionId"),
            "clientRequestId" = excluded."clientRequestId", "requestPreview" = coalesce(excluded."requestPreview", t."requestPreview"),
            "responsePreview" = coalesce(excluded."responsePreview", t."responsePreview"), tags = t.tags || excluded.tags, metadata = t.metadata || excluded.metadata
          WHERE NOT $14::bool OR t."experimentId" = excluded."experimentId"
          RETURNING ${traceColumns}, xmax = 0 AS "isNew"`,
      },
      [
        ctx.workspaceId, trace.id, experiment.id, trace.timestampMs, trace.executionMs ?? null, trace.state, name === undefined ? null : cut(name, maxTagLength),
        cutOrNull(trace.metadata[sessionKey]), cutOrNull(trace.clientRequestId), previewOrNull(trace.requestPreview), previewOrNull(trace.responsePreview),
        JSON.stringify(otherTags), JSON.stringify({ ...cutMetadata(trace.metadata), [finalized]: "true" }), ctx.actor.kind === "step",
      ],
    );
    const stored = rows[0];
    if (!stored) throw forbidden("A step may write to its own experiment only.");
    return stored;
  };
  const { isNew, ...row } =
    trace.assessments.length === 0
      ? await store(ctx.sql)
      : await inTransaction(ctx.sql, async (client) => {
          const stored = await store(client);
          await insertAssessments(client, stored.seq, trace.assessments, ctx.now().getTime());
          return stored;
        });
  announce(ctx, `experiment:${experiment.id}`);
  if (isNew && trace.assessments.length === 0) return toTraceInfo(row, []);
  return first(await withAssessments(ctx, [row]));
}

export type BeginTraceInput = { experimentId: number; timestampMs: bigint; tags: Texts; metadata: Texts };

/** As clients of MLflow 2 do it: the server makes the id, and the trace is under way until `endTrace`. */
export async function beginTrace(ctx: Ctx, input: BeginTraceInput): Promise<TraceInfo> {
  const experiment = await requireExperimentAccess(ctx, { experimentId: input.experimentId }, "track");
  requireActive(experiment);
  const id = newRunId();
  const { [traceName]: name, ...tags } = cutTags(input.tags);
  const { rows } = await ctx.sql.query<TraceRow>(
    `INSERT INTO "Trace" AS t ("workspaceId", id, "experimentId", "timestampMs", state, name, "sessionId", tags, metadata) VALUES ($1, $2, $3, $4, 'IN_PROGRESS', $5, $6, $7, $8) RETURNING ${traceColumns}`,
    [
      ctx.workspaceId, id, experiment.id, input.timestampMs, name ?? null, cutOrNull(input.metadata[sessionKey]),
      JSON.stringify({ ...tags, [artifactLocation]: traceArtifactUri(experiment.artifactLocation, id) }), JSON.stringify(cutMetadata(input.metadata)),
    ],
  );
  announce(ctx, `experiment:${experiment.id}`);
  return first(await withAssessments(ctx, rows));
}

export type EndTraceInput = { traceId: string; timestampMs: bigint; state: TraceState; tags: Texts; metadata: Texts };

/** The other half of `beginTrace`. @throws DomainError `not_found`. */
export async function endTrace(ctx: Ctx, input: EndTraceInput): Promise<TraceInfo> {
  const trace = await requireTrace(ctx, input.traceId, "track");
  const executionMs = input.timestampMs - trace.timestampMs;
  if (executionMs < -(2n ** 63n) || executionMs >= 2n ** 63n) throw new DomainError("invalid", "Invalid value for parameter 'timestamp_ms' supplied: it is too far from the trace's start.");
  const { [traceName]: name, ...tags } = cutTags(input.tags);
  const { rows } = await ctx.sql.query<TraceRow>(
    `UPDATE "Trace" t SET "executionMs" = $2, state = $3, name = coalesce($4, name), "sessionId" = coalesce($5, "sessionId"), tags = tags || $6, metadata = metadata || $7
     WHERE t.seq = $1 RETURNING ${traceColumns}`,
    [trace.seq, executionMs, input.state, name ?? null, cutOrNull(input.metadata[sessionKey]), JSON.stringify(tags), JSON.stringify(cutMetadata(input.metadata))],
  );
  announce(ctx, `experiment:${trace.experimentId}`);
  return first(await withAssessments(ctx, rows));
}

const cutOrNull = (text: string | undefined): string | null => (text === undefined ? null : cut(text, 250));
const previewOrNull = (text: string | undefined): string | null => (text === undefined ? null : cut(text, maxPreviewLength));

function first(traces: TraceInfo[]): TraceInfo {
  const [trace] = traces;
  if (!trace) throw new DomainError("not_found", "The trace was deleted meanwhile.");
  return trace;
}
