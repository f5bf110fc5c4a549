import { setTimeout as sleep } from "node:timers/promises";
import type { Readable } from "node:stream";
import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { keyOfUri, type OpenedArtifact, openByProxyPath } from "../artifacts";
import { sharedExperimentIds } from "../experiments";
import { noTrace, requireTrace } from "./access";
import { artifactLocation, spansLocation } from "./check";
import { type OtelJson, spanOfContent, spansOfFile } from "./read-span";
import { type TraceRow, traceColumns, withAssessments } from "./rows";
import type { TraceInfo } from "./types";

export type TraceWithSpans = { info: TraceInfo; spans: OtelJson[] };

const maxIds = 10_000;
const maxFileBytes = 64 * 1024 * 1024;
/** How long a reader waits for spans that are still on their way. */
const waitsMs = [100, 200, 400, 800, 1500];

/** @throws DomainError `not_found`. */
export async function getTraceInfo(ctx: Ctx, { traceId }: { traceId: string }): Promise<TraceInfo> {
  return first(await withAssessments(ctx, [await requireTrace(ctx, traceId, "view")]), traceId);
}

/**
 * A trace with its spans, from the store or from the file that an older client wrote. A client says how many spans there are; unless
 * `isPartialFine`, all of them are waited for, for three seconds.
 *
 * @throws DomainError `not_found` for the trace, or when its spans have not all come.
 */
export async function getTrace(ctx: Ctx, { traceId, isPartialFine }: { traceId: string; isPartialFine?: boolean }): Promise<TraceWithSpans> {
  for (const waitMs of [...waitsMs, 0]) {
    const row = await requireTrace(ctx, traceId, "view");
    const [[info], spans] = await Promise.all([withAssessments(ctx, [row]), spansOf(ctx, [row])]);
    const found = spans.get(row.seq) ?? [];
    if (info && (isPartialFine || isComplete(row, found.length))) return { info, spans: found };
    if (waitMs > 0) await sleep(waitMs);
  }
  throw new DomainError("not_found", `Trace with ID ${traceId.slice(0, 100)} is not fully exported yet, please try again later.`);
}

/** Those of the traces that are there, in the order asked for; `experimentIds` narrows them down. */
export async function getTraceInfos(ctx: Ctx, input: { traceIds: string[]; experimentIds?: number[] }): Promise<TraceInfo[]> {
  return withAssessments(ctx, await rowsOf(ctx, input));
}

/** The same with spans; a trace whose spans have not all come is left out. */
export async function getTraces(ctx: Ctx, input: { traceIds: string[]; experimentIds?: number[] }): Promise<TraceWithSpans[]> {
  const rows = await rowsOf(ctx, input);
  const [infos, spans] = await Promise.all([withAssessments(ctx, rows), spansOf(ctx, rows)]);
  return rows.flatMap((row, i) => {
    const info = infos[i];
    const found = spans.get(row.seq) ?? [];
    return info && found.length > 0 && isComplete(row, found.length) ? [{ info, spans: found }] : [];
  });
}

/**
 * A trace's spans as the file traces.json: JSON made of what is stored, or the file itself; with `path`, one of its attachments.
 *
 * @throws DomainError `not_found`.
 */
export async function openTraceData(ctx: Ctx, { traceId, path }: { traceId: string; path?: string }): Promise<OpenedArtifact | { json: string }> {
  const row = await requireTrace(ctx, traceId, "view");
  if (path === undefined) {
    const { rows } = await ctx.sql.query<{ content: string }>(`SELECT content FROM "Span" WHERE "traceSeq" = $1 ORDER BY "parentSpanId" IS NOT NULL, "startNano"`, [row.seq]);
    if (rows.length > 0) return { json: `{"spans":[${rows.map((r) => r.content).join(",")}]}` };
  }
  if (path !== undefined && /[/\\]/.test(path)) throw invalid("Invalid path");
  const key = keyOfUri(row.tags[artifactLocation] ?? "");
  if (key === null) throw new DomainError("not_found", `Trace data not found for path=${path?.slice(0, 200) ?? "traces.json"}`);
  return openByProxyPath(ctx, { proxyPath: `${key}/${path === undefined ? "traces.json" : `attachments/${path}`}` });
}

async function rowsOf(ctx: Ctx, { traceIds, experimentIds }: { traceIds: string[]; experimentIds?: number[] }): Promise<TraceRow[]> {
  const isShare = ctx.actor.kind === "share";
  if (!isShare) requireAccess(ctx, "view");
  const ids = [...new Set(traceIds)];
  if (ids.length > maxIds) throw invalid(`At most ${maxIds} traces are given at once.`);
  const shared = isShare ? await sharedExperimentIds(ctx) : null;
  const { rows } = await ctx.sql.query<TraceRow>(
    { name: "traces-by-id", text: `SELECT ${traceColumns} FROM "Trace" t WHERE t."workspaceId" = $1 AND t.id = ANY($2::text[]) AND ($3::int8[] IS NULL OR t."experimentId" = ANY($3)) AND ($4::int8[] IS NULL OR t."experimentId" = ANY($4))` },
    [ctx.workspaceId, ids, experimentIds ?? null, shared],
  );
  const byId = new Map(rows.map((r) => [r.id, r]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function spansOf(ctx: Ctx, traces: TraceRow[]): Promise<Map<bigint, OtelJson[]>> {
  const result = new Map<bigint, OtelJson[]>();
  const { rows } = await ctx.sql.query<{ seq: bigint; content: string }>(
    { name: "spans-of-traces", text: `SELECT "traceSeq" AS seq, content FROM "Span" WHERE "traceSeq" = ANY($1::int8[]) ORDER BY "traceSeq", "parentSpanId" IS NOT NULL, "startNano"` },
    [traces.map((t) => t.seq)],
  );
  for (const { seq, content } of rows) {
    const list = result.get(seq);
    if (list) list.push(spanOfContent(content));
    else result.set(seq, [spanOfContent(content)]);
  }
  for (const trace of traces) {
    if (!result.has(trace.seq) && trace.tags[spansLocation] === undefined) result.set(trace.seq, await spansInFile(ctx, trace));
  }
  return result;
}

/** Clients before 3.4 keep spans in an artifact alone. */
async function spansInFile(ctx: Ctx, trace: TraceRow): Promise<OtelJson[]> {
  const key = keyOfUri(trace.tags[artifactLocation] ?? "");
  if (key === null) return [];
  try {
    const { stream, sizeBytes } = await openByProxyPath(ctx, { proxyPath: `${key}/traces.json` });
    if (sizeBytes > maxFileBytes) {
      stream.destroy();
      return [];
    }
    return spansOfFile(await textOf(stream));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof DomainError && ["not_found", "invalid"].includes(error.kind))) return [];
    throw error;
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** A client writes the number of spans into the trace's metadata. */
function isComplete(trace: TraceRow, count: number): boolean {
  const stats = trace.metadata["mlflow.trace.sizeStats"];
  if (stats === undefined) return count > 0;
  const expected = Number(/"num_spans": (\d{1,9})/.exec(stats)?.[1] ?? 0);
  return count > 0 && count >= expected;
}

function first(traces: TraceInfo[], traceId: string): TraceInfo {
  const [trace] = traces;
  if (!trace) throw noTrace(traceId);
  return trace;
}
