import { randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aPerson, aWorkspace, as } from "@/server/testing";
import { createExperiment, deleteExperiment } from "../experiments";
import { createRun } from "../runs";
import {
  type AnyValue, type Attributes, createAssessment, deleteAssessment, deleteTraces, deleteTraceTag, getAssessment, getTrace, getTraceInfo, getTraceInfos, getTraces, linkTracesToRun, logSpans, type NewSpan, type NewTrace, searchTraces, setTraceTag, startTrace, updateAssessment,
} from ".";

let ctx: Ctx;
let experimentId: number;
beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
});

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const aSpan = (traceId: string, more: Partial<NewSpan> = {}): NewSpan => ({
  traceId, spanId: hex(8), parentSpanId: null, name: "root", startNano: 1_700_000_000_000_000_001n, endNano: 1_700_000_000_250_000_000n, status: "OK", statusMessage: "",
  attributes: new Map(), events: [], links: [], resource: new Map(), ...more,
});
const aTrace = (more: Partial<NewTrace> = {}): NewTrace => ({ id: `tr-${hex(16)}`, experimentId, timestampMs: 1_700_000_000_000n, executionMs: 5n, state: "OK", tags: {}, metadata: {}, assessments: [], ...more });
const found = async (filter: string, more: { orderBy?: string[]; experimentIds?: number[] } = {}) => (await searchTraces(ctx, { experimentIds: [experimentId], filter, ...more })).traces.map((t) => t.id);

test("spans may come before the trace or after it, and what is said of the whole counts more", async () => {
  for (const order of ["spans first", "trace first"]) {
    const id = hex(16);
    const spans = () => logSpans(ctx, { experimentId, spans: [aSpan(id, { status: "ERROR", attributes: new Map([["mlflow.spanInputs", "from the span"]]), resource: new Map([["service.name", "shop"]]) })] });
    const head = () => startTrace(ctx, aTrace({ id: `tr-${id}`, timestampMs: 7n, executionMs: 3n, requestPreview: "said", tags: { "mlflow.traceName": "n", a: "b" }, metadata: { "mlflow.trace.session": "s" } }));
    await (order === "spans first" ? spans().then(head) : head().then(spans));
    const { info, spans: stored } = await getTrace(ctx, { traceId: `tr-${id}` });
    expect(info, order).toMatchObject({ timestampMs: 7n, executionMs: 3n, state: "OK", requestPreview: "said", metadata: { "mlflow.trace.session": "s" } });
    expect(info.tags, order).toMatchObject({ "mlflow.traceName": "n", a: "b", "service.name": "shop", "mlflow.trace.spansLocation": "TRACKING_STORE", "mlflow.artifactLocation": `mlflow-artifacts:/${experimentId}/traces/tr-${id}/artifacts` });
    expect(stored).toHaveLength(1);
  }
});

test("a trace known by its spans alone has their times, the root's state, and the tokens of the spans that are not summed up above", async () => {
  const id = hex(16);
  const root = aSpan(id, { startNano: 1_000_000_000n, endNano: 3_500_000_000n });
  const usage = (input: bigint) => new Map([["mlflow.chat.tokenUsage", { input_tokens: input, output_tokens: 1n, total_tokens: input + 1n }]]);
  const agent = aSpan(id, { parentSpanId: root.spanId, name: "agent", attributes: usage(10n) });
  await logSpans(ctx, { experimentId, spans: [aSpan(id, { parentSpanId: agent.spanId, name: "below", attributes: usage(10n), startNano: 2_000_000_000n, endNano: 0n })] });
  expect(await getTraceInfo(ctx, { traceId: `tr-${id}` })).toMatchObject({ state: "IN_PROGRESS", executionMs: null });
  await logSpans(ctx, { experimentId, spans: [agent, root, aSpan(id, { parentSpanId: root.spanId, name: "beside", attributes: usage(3n) })] });
  const info = await getTraceInfo(ctx, { traceId: `tr-${id}` });
  expect(info).toMatchObject({ state: "OK", timestampMs: 1_000n });
  expect(JSON.parse(info.metadata["mlflow.trace.tokenUsage"] ?? "")).toEqual({ input_tokens: 13, output_tokens: 2, total_tokens: 15 });
});

test("a span sent twice is one span, and a batch that cannot be kept stores nothing", async () => {
  const [id, other] = [hex(16), hex(16)];
  const span = aSpan(id);
  await logSpans(ctx, { experimentId, spans: [span, { ...span, name: "again" }] });
  await logSpans(ctx, { experimentId, spans: [{ ...span, name: "later" }] });
  expect((await getTrace(ctx, { traceId: `tr-${id}` })).spans).toMatchObject([{ name: "later" }]);
  await expect(logSpans(ctx, { experimentId, spans: [aSpan(other), aSpan(other, { startNano: 2n ** 63n })] })).rejects.toMatchObject({ kind: "invalid" });
  await expect(getTraceInfo(ctx, { traceId: `tr-${other}` })).rejects.toMatchObject({ kind: "not_found" });
});

test("many writers of the same traces at once lose nothing", async () => {
  const ids = Array.from({ length: 4 }, () => hex(16));
  await Promise.all(Array.from({ length: 24 }, (_, i) => logSpans(ctx, { experimentId, spans: [...ids].sort(() => (i % 2 ? 1 : -1)).map((id) => aSpan(id, { name: `w${i}`, attributes: new Map([["gen_ai.usage.input_tokens", 1n]]) })) })));
  for (const { spans, info } of await getTraces(ctx, { traceIds: ids.map((id) => `tr-${id}`) })) {
    expect(spans).toHaveLength(24);
    expect(info.metadata["mlflow.trace.tokenUsage"]).toBe('{"input_tokens": 24, "output_tokens": 0, "total_tokens": 0}');
  }
});

test("attributes come back as what they were", async () => {
  const id = hex(16);
  const attributes: Attributes = new Map(Object.entries<AnyValue>({ whole: 9_223_372_036_854_775_807n, float: 2, nothing: null, yes: true, "größe": "ü\n\"", list: [1n, 1, [], {}], map: { __proto__x: "p", n: 3n }, nan: Number.NaN }));
  await logSpans(ctx, { experimentId, spans: [aSpan(id, { attributes, events: [{ name: "e", timeNano: 5n, attributes: new Map([["n", 7n]]) }], links: [{ traceId: id, spanId: "00000000000000ff", attributes: new Map() }] })] });
  const [span] = (await getTrace(ctx, { traceId: `tr-${id}` })).spans as [Record<string, unknown>];
  const values = Object.fromEntries((span.attributes as { key: string; value: unknown }[]).map((a) => [a.key, a.value]));
  expect(values).toMatchObject({
    whole: { int_value: 9_223_372_036_854_775_807n }, float: { double_value: 2 }, yes: { bool_value: true }, "größe": { string_value: "ü\n\"" }, nan: { double_value: "NaN" },
    list: { array_value: { values: [{ int_value: 1n }, { double_value: 1 }, { array_value: {} }, { kvlist_value: {} }] } },
    map: { kvlist_value: { values: [{ key: "__proto__x", value: { string_value: "p" } }, { key: "n", value: { int_value: 3n } }] } },
  });
  expect(values.nothing).toBeUndefined();
  expect(span).toMatchObject({ start_time_unix_nano: 1_700_000_000_000_000_001n, events: [{ time_unix_nano: 5n, attributes: [{ key: "n", value: { int_value: 7n } }] }], links: [{ span_id: "AAAAAAAAAP8=" }] });
});

test("a search is walked page by page, each trace once, while newer ones and ties are added", async () => {
  const { experimentId: mine } = await createExperiment(ctx, { name: "pages" });
  for (let i = 0; i < 23; i++) await startTrace(ctx, aTrace({ experimentId: mine, timestampMs: BigInt(1000 + (i % 4)), executionMs: i % 3 ? BigInt(i) : undefined, tags: i % 2 ? { k: String(i % 5) } : {} }));
  for (const orderBy of [[], ["execution_time DESC"], ["tags.k"], ["tags.k DESC", "timestamp_ms ASC"], ["status", "request_id DESC"], ["end_time"]]) {
    const all = (await searchTraces(ctx, { experimentIds: [mine], orderBy, maxResults: 500 })).traces.map((t) => t.id);
    const walked: string[] = [];
    const added: string[] = [];
    for (let pageToken: string | undefined, isFirst = true; isFirst || pageToken; isFirst = false) {
      const page = await searchTraces(ctx, { experimentIds: [mine], orderBy, maxResults: 5, pageToken });
      walked.push(...page.traces.map((t) => t.id));
      pageToken = page.nextPageToken;
      if (orderBy.length === 0) added.push((await startTrace(ctx, aTrace({ experimentId: mine, timestampMs: 9_999n }))).id);
    }
    expect(walked, orderBy.join()).toEqual(all);
    if (added.length) await deleteTraces(ctx, { experimentId: mine, traceIds: added });
  }
  const { nextPageToken } = await searchTraces(ctx, { experimentIds: [mine], maxResults: 5 });
  await expect(searchTraces(ctx, { experimentIds: [mine], orderBy: ["status"], maxResults: 5, pageToken: nextPageToken })).rejects.toThrow("page token");
});

test("filters find by attributes, tags, metadata, runs, spans and what was judged", async () => {
  const { experimentId: mine } = await createExperiment(ctx, { name: "filters" });
  const run = await createRun(ctx, { experimentId: mine });
  const id = hex(16);
  const { id: a } = await startTrace(ctx, aTrace({ id: `tr-${id}`, experimentId: mine, timestampMs: 1000n, executionMs: 50n, state: "ERROR", tags: { "mlflow.traceName": "Answer", "a b": "x_y" }, metadata: { "mlflow.sourceRun": run.id, "mlflow.trace.session": "s1" } }));
  const root = aSpan(id, { name: "root", attributes: new Map<string, AnyValue>([["mlflow.spanType", "AGENT"], ["model", "gpt"], ["t", 0.5]]) });
  await logSpans(ctx, { experimentId: mine, spans: [root, aSpan(id, { parentSpanId: root.spanId, name: "tool", status: "ERROR" })] });
  const { id: b } = await startTrace(ctx, aTrace({ experimentId: mine, timestampMs: 2000n, executionMs: undefined, metadata: { "mlflow.trace.session": "s1" } }));
  const { id: c } = await startTrace(ctx, aTrace({ experimentId: mine, timestampMs: 3000n, clientRequestId: "req", tags: { "a b": "xzy" } }));
  await linkTracesToRun(ctx, { traceIds: [c, "tr-unknown"], runId: run.id });
  const judge = (traceId: string, name: string, value: string, more = {}) => createAssessment(ctx, { traceId, assessment: { name, kind: "feedback", value, sourceType: "HUMAN", ...more } });
  await judge(a, "score", "0.75");
  await judge(a, "whole", '"yes"', { metadata: { "mlflow.trace.session": "s1" } });
  await judge(c, "score", "true");

  const cases: Record<string, string[]> = {
    "status = 'ERROR'": [a],
    "attributes.status != 'ERROR' AND trace.timestamp_ms >= 2000": [c, b],
    "execution_time > 0": [c, a],
    "execution_time != 50": [c],
    "end_time <= 2000": [b, a],
    "timestamp_ms < 2000.5": [b, a],
    "name = 'Answer'": [a],
    "name ILIKE 'answ%'": [a],
    "name LIKE 'answ%'": [],
    "tags.name IS NULL": [c, b],
    "tags.`a b` = 'x_y'": [a],
    "tags.`a b` LIKE 'x_y'": [c, a],
    "tags.`a b` != 'x_y'": [c],
    'tags."a b" RLIKE \'^x[z]\'': [c],
    [`run_id = '${run.id}'`]: [c, a],
    "metadata.`mlflow.sourceRun` != 'x'": [a],
    "metadata.`mlflow.trace.session` = 's1'": [b, a],
    "client_request_id IN ('req', 'x')": [c],
    [`request_id NOT IN ('${a}', '${b}')`]: [c],
    "span.name = 'tool' AND span.status = 'ERROR'": [a],
    "span.name = 'root' AND span.status = 'ERROR'": [],
    "span.type IN ('AGENT')": [a],
    "span.content LIKE '%gpt%'": [a],
    "span.attributes.model = 'gpt'": [a],
    "span.attributes.model LIKE 'g%'": [a],
    "span.attributes.t = '0.5'": [a],
    "feedback.score > 0.7": [a],
    "feedback.score = 'true'": [c],
    "feedback.score != 'true'": [a],
    "feedback.whole = 'yes'": [b, a],
    "feedback.whole IS NULL": [c],
    "expectation.score IS NOT NULL": [],
  };
  for (const [filter, ids] of Object.entries(cases)) expect(await found(filter, { experimentIds: [mine] }), filter).toEqual(ids);
  for (const bad of ["a = 'b'", "tags.a", "tags.a = b", "status = 'OK' OR status = 'ERROR'", "status > 'OK'", "tags.a IN ('x')", "name RLIKE '('", "feedback.x > 'a'", "span.foo = 'x'", "prompt = 'x'", "timestamp_ms > 1e400", "status = 'OK' AND", "a.b = 'c'", "'; DROP TABLE x'"]) {
    await expect(found(bad), bad).rejects.toMatchObject({ kind: "invalid" });
  }
  await expect(searchTraces(ctx, { experimentIds: [mine], orderBy: ["status", "status DESC"] })).rejects.toMatchObject({ kind: "invalid" });
});

test("tags, and an assessment that overrides another", async () => {
  const { id: traceId } = await startTrace(ctx, aTrace());
  await setTraceTag(ctx, { traceId, key: "k", value: "v" });
  await setTraceTag(ctx, { traceId, key: "mlflow.traceName", value: "named" });
  expect((await getTraceInfo(ctx, { traceId })).tags).toMatchObject({ k: "v", "mlflow.traceName": "named" });
  await deleteTraceTag(ctx, { traceId, key: "k" });
  await expect(deleteTraceTag(ctx, { traceId, key: "k" })).rejects.toMatchObject({ kind: "not_found" });
  await expect(setTraceTag(ctx, { traceId, key: "mlflow.trace.spansLocation", value: "x" })).rejects.toThrow("immutable");
  const first = await createAssessment(ctx, { traceId, assessment: { name: "x", kind: "feedback", value: "1.0" } });
  const second = await createAssessment(ctx, { traceId, assessment: { name: "x", kind: "feedback", value: "2.0", overrides: first.id } });
  expect((await getAssessment(ctx, { traceId, assessmentId: first.id })).isValid).toBe(false);
  await expect(updateAssessment(ctx, { traceId, assessmentId: second.id, value: { kind: "expectation", value: "1" } })).rejects.toThrow("Cannot update expectation value on a Feedback assessment.");
  await deleteAssessment(ctx, { traceId, assessmentId: second.id });
  expect((await getAssessment(ctx, { traceId, assessmentId: first.id })).isValid).toBe(true);
});

test("traces are seen and written by who may, and by nobody of another workspace", async () => {
  const id = hex(16);
  const traceId = `tr-${id}`;
  await logSpans(ctx, { experimentId, spans: [aSpan(id)] });
  const stranger = await aWorkspace();
  const viewer = await aPerson(ctx, "viewer");
  const { experimentId: other } = await createExperiment(ctx, { name: "other" });
  const { id: elsewhere } = await startTrace(ctx, aTrace({ experimentId: other }));
  const step = as(ctx, { kind: "step", jobId: "j", runId: hex(16), experimentId: other, projectId: "p", rootJobId: "j" });
  const share = as(ctx, { kind: "share", shareId: "s", targetType: "experiment", targetId: String(other) });

  await expect(getTraceInfo(stranger, { traceId })).rejects.toMatchObject({ kind: "not_found" });
  expect(await getTraceInfos(stranger, { traceIds: [traceId] })).toEqual([]);
  expect((await searchTraces(stranger, { experimentIds: [experimentId] })).traces).toEqual([]);
  await expect(logSpans(stranger, { experimentId, spans: [aSpan(id)] })).rejects.toMatchObject({ kind: "not_found" });
  // The same id in another workspace is another trace.
  const { experimentId: theirs } = await createExperiment(stranger, { name: "t" });
  await startTrace(stranger, aTrace({ id: traceId, experimentId: theirs, state: "ERROR" }));
  expect(await getTraceInfo(ctx, { traceId })).toMatchObject({ state: "OK", experimentId });

  expect((await getTrace(viewer, { traceId })).spans).toHaveLength(1);
  for (const write of [() => setTraceTag(viewer, { traceId, key: "a", value: "b" }), () => logSpans(viewer, { experimentId, spans: [aSpan(id)] }), () => deleteTraces(viewer, { experimentId, traceIds: [traceId] })]) {
    await expect(write()).rejects.toMatchObject({ kind: "forbidden" });
  }
  await setTraceTag(step, { traceId: elsewhere, key: "a", value: "b" });
  for (const write of [() => setTraceTag(step, { traceId, key: "a", value: "b" }), () => logSpans(step, { experimentId, spans: [aSpan(id)] }), () => logSpans(step, { experimentId: other, spans: [aSpan(id)] }), () => startTrace(step, aTrace({ id: traceId, experimentId: other }))]) {
    await expect(write()).rejects.toMatchObject({ kind: "forbidden" });
  }
  expect((await getTrace(ctx, { traceId })).info.experimentId).toBe(experimentId);
  expect((await getTraceInfo(share, { traceId: elsewhere })).id).toBe(elsewhere);
  await expect(getTraceInfo(share, { traceId })).rejects.toMatchObject({ kind: "not_found" });
  expect(await getTraceInfos(share, { traceIds: [traceId, elsewhere] })).toHaveLength(1);
  expect((await searchTraces(share, { experimentIds: [experimentId, other] })).traces.map((t) => t.id)).toEqual([elsewhere]);
});

test("spans that come with a run are linked to it, and kept when there is no such run", async () => {
  const run = await createRun(ctx, { experimentId });
  const [id, other] = [hex(16), hex(16)];
  await logSpans(ctx, { experimentId, spans: [aSpan(id)], runId: run.id });
  await logSpans(ctx, { experimentId, spans: [aSpan(other)], runId: hex(16) });
  expect(await found(`run_id = '${run.id}'`)).toEqual([`tr-${id}`]);
  expect((await getTrace(ctx, { traceId: `tr-${other}` })).spans).toHaveLength(1);
});

test("a deleted experiment takes no traces; one that says how many spans it has is whole when they are there", async () => {
  const { experimentId: gone } = await createExperiment(ctx, { name: "gone" });
  await deleteExperiment(ctx, { experimentId: gone });
  await expect(startTrace(ctx, aTrace({ experimentId: gone }))).rejects.toMatchObject({ kind: "invalid" });
  const id = hex(16);
  const traceId = `tr-${id}`;
  await startTrace(ctx, aTrace({ id: traceId, metadata: { "mlflow.trace.sizeStats": '{"num_spans": 2}' } }));
  const root = aSpan(id);
  await logSpans(ctx, { experimentId, spans: [root] });
  expect(await getTraces(ctx, { traceIds: [traceId] })).toEqual([]);
  expect((await getTrace(ctx, { traceId, isPartialFine: true })).spans).toHaveLength(1);
  const whole = getTrace(ctx, { traceId });
  await logSpans(ctx, { experimentId, spans: [aSpan(id, { parentSpanId: root.spanId })] });
  expect((await whole).spans).toHaveLength(2);
});
