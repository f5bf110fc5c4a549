import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import contentDisposition from "content-disposition";
import type { Ctx } from "@/server/ctx";
import { defaultExperimentId } from "@/server/domain/experiments";
import {
  beginTrace, deleteTraces, deleteTraceTag, endTrace, getTrace, getTraceInfo, getTraceInfos, getTraces, linkPromptsToTrace, linkTracesToRun, openTraceData, searchTraces, setTraceTag, startTrace,
} from "@/server/domain/traces";
import { DomainError } from "@/server/errors";
import { endpoint, type Handler, rawEndpoint } from "./door";
import type { Route } from "./router";
import { experimentIdsOf } from "./runs";
import { traceAnswer, toTraceInfo, toTraceInfoV2 } from "./wire/trace-json";
import * as wire from "./wire/traces";

const v3 = "/api/3.0/mlflow/traces";
const v2 = "/api/2.0/mlflow/traces";

/** Experiment "0" is the caller's own default one, also where requests hold it deeper than the door looks. */
const realId = async (ctx: Ctx, id: number): Promise<number> => (id === 0 ? defaultExperimentId(ctx) : id);
const realIds = (ctx: Ctx, ids: string[]): Promise<number[]> => Promise.all(experimentIdsOf(ids).map((id) => realId(ctx, id)));

const setTag = endpoint(wire.setTag, async (ctx, input) => {
  await setTraceTag(ctx, { traceId: input.trace_id, key: input.key, value: input.value ?? "" });
  return {};
});
const deleteTag = endpoint(wire.deleteTag, async (ctx, input) => {
  await deleteTraceTag(ctx, { traceId: input.trace_id, key: input.key });
  return {};
});
const remove = endpoint(wire.deleteTraces, async (ctx, input) => {
  const count = await deleteTraces(ctx, { experimentId: input.experiment_id, maxTimestampMs: input.max_timestamp_millis, maxTraces: input.max_traces, traceIds: input.request_ids });
  return { traces_deleted: count };
});
const linkToRun = endpoint(wire.linkToRun, async (ctx, input) => {
  await linkTracesToRun(ctx, { traceIds: input.trace_ids, runId: input.run_id });
  return {};
});
const linkPrompts = endpoint(wire.linkPrompts, async (ctx, input) => {
  await linkPromptsToTrace(ctx, { traceId: input.trace_id, prompts: input.prompt_versions });
  return {};
});

const getArtifact: Handler = async ({ req, res, ctx, query }) => {
  const traceId = query.get("request_id");
  if (!traceId) throw new DomainError("invalid", 'Request must include the "request_id" query parameter.', { errorCode: "BAD_REQUEST" });
  const path = query.get("path") || undefined;
  const opened = await openTraceData(ctx, { traceId, path });
  const sizeBytes = "json" in opened ? Buffer.byteLength(opened.json) : opened.sizeBytes;
  res.writeHead(200, {
    "Content-Type": path === undefined ? "text/plain" : "application/octet-stream",
    "Content-Disposition": contentDisposition(path ?? "traces.json"),
    "Content-Length": sizeBytes,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
  });
  if (req.method === "HEAD" || "json" in opened) {
    if ("stream" in opened) (opened.stream as Readable).destroy();
    res.end(req.method === "HEAD" || !("json" in opened) ? undefined : opened.json);
    return;
  }
  await pipeline(opened.stream, res);
};

export const traceRoutes: Route[] = [
  ["POST", v3, rawEndpoint(wire.startTrace, async (ctx, { trace: { trace_info: t } }) => {
    const info = await startTrace(ctx, {
      id: t.trace_id,
      experimentId: await realId(ctx, t.trace_location.mlflow_experiment.experiment_id),
      timestampMs: t.request_time ?? 0n,
      executionMs: t.execution_duration,
      state: t.state ?? "STATE_UNSPECIFIED",
      clientRequestId: t.client_request_id,
      requestPreview: t.request_preview,
      responsePreview: t.response_preview,
      tags: t.tags,
      metadata: t.trace_metadata,
      assessments: t.assessments.map(wire.toNewAssessment),
    });
    return traceAnswer({ trace: { trace_info: toTraceInfo(info) } });
  })],
  ["POST", `${v3}/search`, rawEndpoint(wire.searchTraces, async (ctx, input) => {
    const page = await searchTraces(ctx, {
      experimentIds: await realIds(ctx, input.locations.flatMap((l) => l.mlflow_experiment?.experiment_id ?? [])),
      filter: input.filter,
      maxResults: input.max_results,
      orderBy: input.order_by,
      pageToken: input.page_token,
    });
    return traceAnswer({ traces: page.traces.length === 0 ? undefined : page.traces.map(toTraceInfo), next_page_token: page.nextPageToken });
  })],
  ["GET", `${v3}/get`, rawEndpoint(wire.getTrace, async (ctx, input) => {
    const { info, spans } = await getTrace(ctx, { traceId: input.trace_id, isPartialFine: input.allow_partial });
    return traceAnswer({ trace: { trace_info: toTraceInfo(info), spans: spans.length === 0 ? undefined : spans } });
  })],
  ["GET", `${v3}/batchGet`, rawEndpoint(wire.traceIds, async (ctx, input) => {
    const traces = await getTraces(ctx, { traceIds: input.trace_ids, experimentIds: input.experiment_ids && (await realIds(ctx, input.experiment_ids)) });
    return traceAnswer({ traces: traces.length === 0 ? undefined : traces.map((t) => ({ trace_info: toTraceInfo(t.info), spans: t.spans })) });
  })],
  ["POST", `${v3}/batchGetInfos`, rawEndpoint(wire.traceIds, async (ctx, input) => {
    const infos = await getTraceInfos(ctx, { traceIds: input.trace_ids, experimentIds: input.experiment_ids && (await realIds(ctx, input.experiment_ids)) });
    return traceAnswer({ trace_infos: infos.length === 0 ? undefined : infos.map(toTraceInfo) });
  })],
  ["POST", `${v3}/delete-traces`, remove],
  ["POST", `${v2}/delete-traces`, remove],
  ["POST", `${v3}/link-to-run`, linkToRun],
  ["POST", `${v2}/link-to-run`, linkToRun],
  ["POST", `${v3}/link-prompts`, linkPrompts],
  ["POST", `${v2}/link-prompts`, linkPrompts],
  ["GET", `${v3}/{trace_id}`, rawEndpoint(wire.traceById, async (ctx, input) => traceAnswer({ trace: { trace_info: toTraceInfo(await getTraceInfo(ctx, { traceId: input.trace_id })) } }))],
  ["PATCH", `${v3}/{trace_id}/tags`, setTag],
  ["PATCH", `${v2}/{trace_id}/tags`, setTag],
  ["DELETE", `${v3}/{trace_id}/tags`, deleteTag],
  ["DELETE", `${v2}/{trace_id}/tags`, deleteTag],
  ["GET", "/api/2.0/mlflow/get-trace-artifact", getArtifact],
  ["GET", "/api/3.0/mlflow/get-trace-artifact", getArtifact],
  // Clients before MLflow 3.
  ["POST", v2, rawEndpoint(wire.beginTraceV2, async (ctx, input) => {
    const info = await beginTrace(ctx, { experimentId: input.experiment_id, timestampMs: input.timestamp_ms ?? 0n, tags: input.tags, metadata: input.request_metadata });
    return traceAnswer({ trace_info: toTraceInfoV2(info) });
  })],
  ["GET", v2, rawEndpoint(wire.searchTracesV2, async (ctx, input) => {
    const page = await searchTraces(ctx, { experimentIds: experimentIdsOf(input.experiment_ids), filter: input.filter, maxResults: input.max_results, orderBy: input.order_by, pageToken: input.page_token });
    return traceAnswer({ traces: page.traces.length === 0 ? undefined : page.traces.map(toTraceInfoV2), next_page_token: page.nextPageToken });
  })],
  ["PATCH", `${v2}/{request_id}`, rawEndpoint(wire.endTraceV2, async (ctx, input) => {
    const info = await endTrace(ctx, {
      traceId: input.request_id,
      timestampMs: input.timestamp_ms ?? 0n,
      state: input.status === undefined || input.status === "TRACE_STATUS_UNSPECIFIED" ? "STATE_UNSPECIFIED" : input.status,
      tags: input.tags,
      metadata: input.request_metadata,
    });
    return traceAnswer({ trace_info: toTraceInfoV2(info) });
  })],
  ["GET", `${v2}/{request_id}/info`, rawEndpoint(wire.traceByRequestId, async (ctx, input) => traceAnswer({ trace_info: toTraceInfoV2(await getTraceInfo(ctx, { traceId: input.request_id })) }))],
];
