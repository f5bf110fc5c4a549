import type pg from "pg";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, forbidden } from "@/server/errors";
import { log } from "@/server/log";
import { requireActive, requireExperimentAccess } from "../experiments";
import { finalized } from "./check";
import { linkTracesToRun, maxLinks } from "./links";
import { readBatch, type TraceOfSpans } from "./span-batch";
import type { StoredSpan } from "./span-content";
import { storeUsage } from "./store-usage";
import { traceArtifactUri } from "./start-trace";
import type { NewSpan } from "./types";

/**
 * Stores spans, of one trace or of many, and makes the traces that are not there yet. A span that is there is replaced. All or
 * nothing, in one statement; a second one sums up tokens where spans tell of them.
 *
 * @returns The ids of the traces whose root is among the spans.
 * @throws DomainError `not_found` for the experiment, `invalid` for a deleted one or a span that cannot be kept.
 */
export async function logSpans(ctx: Ctx, { experimentId, spans, runId }: { experimentId: number; spans: NewSpan[]; runId?: string }): Promise<string[]> {
  const experiment = await requireExperimentAccess(ctx, { experimentId }, "track");
  requireActive(experiment);
  if (spans.length === 0) return [];
  const { traces, stored } = readBatch(spans, (id) => traceArtifactUri(experiment.artifactLocation, id));
  const withUsage = traces.filter((t) => t.hasUsage);
  const isStep = ctx.actor.kind === "step";
  const store = async (client: Pick<pg.PoolClient, "query">) => {
    const { rows } = await client.query<{ count: bigint }>(statement(ctx.workspaceId, experiment.id, isStep, traces, stored));
    if (rows[0]?.count !== BigInt(traces.length)) throw forbidden("A step may write to its own experiment only.");
  };
  if (withUsage.length === 0 && !isStep) await store(ctx.sql);
  else {
    await inTransaction(ctx.sql, async (client) => {
      await store(client);
      if (withUsage.length > 0) await storeUsage(client, ctx.workspaceId, withUsage.map((t) => t.id));
    });
  }
  const complete = traces.filter((t) => t.state !== null).map((t) => t.id);
  // The spans are stored: a run that is not there, or not the caller's to write, is no reason to have them sent again.
  if (runId && complete.length > 0) {
    for (let at = 0; at < complete.length; at += maxLinks) await linkTracesToRun(ctx, { traceIds: complete.slice(at, at + maxLinks), runId }).catch(ignoreRefusal);
  }
  announce(ctx, `experiment:${experiment.id}`);
  return complete;
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof DomainError)) throw error;
  log.info({ kind: error.kind }, "spans were stored and not linked to the run that came with them");
}

function statement(workspaceId: string, experimentId: number, isStep: boolean, traces: TraceOfSpans[], spans: StoredSpan[]) {
  const isFinal = `t.metadata ? '${finalized}'`;
  const column = <T, K extends keyof T>(rows: T[], key: K) => rows.map((r) => r[key]);
  return {
    name: "log-spans",
    text: `WITH trace AS (
        INSERT INTO "Trace" AS t ("workspaceId", id, "experimentId", "timestampMs", "executionMs", state, name, "sessionId", "requestPreview", "responsePreview", tags, metadata)
        SELECT $1, n.id, $2, n.start, n."end" - n.start, coalesce(n.state, 'IN_PROGRESS'), n.name, n.session, n.request, n.response, n.tags::jsonb, n.metadata::jsonb
        FROM unnest($4::text[], $5::int8[], $6::int8[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
          n(id, start, "end", state, name, session, request, response, tags, metadata)
        ON CONFLICT ("workspaceId", id) DO UPDATE SET
          "timestampMs" = CASE WHEN ${isFinal} THEN t."timestampMs" ELSE least(t."timestampMs", excluded."timestampMs") END,
          "executionMs" = CASE WHEN ${isFinal} THEN t."executionMs"
            ELSE greatest(t."timestampMs" + t."executionMs", excluded."timestampMs" + excluded."executionMs") - least(t."timestampMs", excluded."timestampMs") END,
          state = CASE WHEN t.state IN ('IN_PROGRESS', 'STATE_UNSPECIFIED') AND excluded.state <> 'IN_PROGRESS' THEN excluded.state ELSE t.state END,
          name = coalesce(excluded.name, t.name), "sessionId" = coalesce(t."sessionId", excluded."sessionId"),
          "requestPreview" = coalesce(t."requestPreview", excluded."requestPreview"), "responsePreview" = coalesce(t."responsePreview", excluded."responsePreview"),
          tags = t.tags || (excluded.tags - 'mlflow.artifactLocation'), metadata = excluded.metadata || t.metadata
        WHERE NOT $3::bool OR t."experimentId" = $2
        RETURNING seq, id),
      span AS (
        INSERT INTO "Span" ("traceSeq", "spanId", "parentSpanId", name, type, status, "startNano", "endNano", content)
        SELECT trace.seq, s.span, s.parent, s.name, s.type, s.status, s.start, s."end", s.content
        FROM unnest($14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::int8[], $21::int8[], $22::text[])
          s(trace, span, parent, name, type, status, start, "end", content) JOIN trace ON trace.id = s.trace
        ON CONFLICT ("traceSeq", "spanId") DO UPDATE SET "parentSpanId" = excluded."parentSpanId", name = excluded.name, type = excluded.type,
          status = excluded.status, "startNano" = excluded."startNano", "endNano" = excluded."endNano", content = excluded.content)
      SELECT count(*) FROM trace`,
    values: [
      workspaceId, experimentId, isStep,
      column(traces, "id"), column(traces, "startMs"), column(traces, "endMs"), column(traces, "state"), column(traces, "name"), column(traces, "sessionId"),
      column(traces, "requestPreview"), column(traces, "responsePreview"), traces.map((t) => JSON.stringify(t.tags)), traces.map((t) => JSON.stringify(t.metadata)),
      spans.map((s) => `tr-${s.traceId}`), column(spans, "spanId"), column(spans, "parentSpanId"), column(spans, "name"), column(spans, "type"), column(spans, "status"),
      column(spans, "startNano"), column(spans, "endNano"), column(spans, "content"),
    ],
  };
}
