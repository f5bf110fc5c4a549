import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { handleMlflow } from ".";

let ctx: Ctx;
let server: Server;
let base: string;
let experimentId: string;

beforeAll(async () => {
  ctx = await aWorkspace();
  server = createServer((req, res) => void handleMlflow(req, res, ctx));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  experimentId = (await call("POST", "/api/2.0/mlflow/experiments/create", { name: "e" })).experiment_id;
});
afterAll(() => new Promise((done) => server.close(done)));

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by the tests alone.
async function call(method: string, path: string, body?: object): Promise<any> {
  const answer = await fetch(`${base}${path}`, body ? { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : { method });
  return { status: answer.status, ...((await answer.json()) as object) };
}

async function otlp(body: string | Buffer, headers: Record<string, string> = {}): Promise<{ status: number; type: string | null; text: string }> {
  const answer = await fetch(`${base}/v1/traces`, { method: "POST", headers: { "Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": experimentId, ...headers }, body: typeof body === "string" ? body : new Uint8Array(body) });
  return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
}

/** A request made by OpenTelemetry's own definitions, as they are published, not by ours. */
const { root: spec } = protobuf.parse(`syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message Scope { string name = 1; string version = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
    repeated Event events = 11; Status status = 15; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }`);

const traceHex = "0af7651916cd43dd8448eb211c80319c";
function aRequest(traceId = traceHex): Buffer {
  const type = spec.lookupType("Request");
  const span = {
    traceId: Buffer.from(traceId, "hex"), spanId: Buffer.from("b7ad6b7169203331", "hex"), traceState: "x", flags: 1, name: "größe", kind: 2,
    startTimeUnixNano: "1700000000000000001", endTimeUnixNano: "1700000001500000002",
    attributes: [
      { key: "mlflow.spanType", value: { stringValue: "TOOL" } }, { key: "big", value: { intValue: "-9223372036854775808" } }, { key: "double", value: { doubleValue: 2 } },
      { key: "list", value: { arrayValue: { values: [{ boolValue: false }, {}] } } }, { key: "bytes", value: { bytesValue: Buffer.from([0, 255]) } },
    ],
    events: [{ timeUnixNano: "1700000000000000005", name: "ev", attributes: [{ key: "x", value: { boolValue: true } }] }],
    status: { code: 2, message: "bad" },
  };
  return Buffer.from(type.encode(type.fromObject({ resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] }, scopeSpans: [{ scope: { name: "lib" }, spans: [span] }] }] })).finish());
}

test("spans in protobuf come back through the trace calls, plain and packed", async () => {
  for (const [encoding, body] of [["identity", aRequest()], ["gzip", gzipSync(aRequest())], ["deflate", deflateSync(aRequest())], ["deflate", deflateRawSync(aRequest())]] as const) {
    expect(await otlp(body, { "Content-Encoding": encoding })).toEqual({ status: 200, type: "application/x-protobuf", text: "" });
  }
  const answer = await fetch(`${base}/api/3.0/mlflow/traces/get?trace_id=tr-${traceHex}&allow_partial=False`);
  const text = await answer.text();
  expect(text).toContain('"start_time_unix_nano":1700000000000000001');
  expect(text).toContain('{"int_value":-9223372036854775808}');
  const { trace } = JSON.parse(text);
  expect(trace.trace_info).toMatchObject({ state: "ERROR", request_time: "2023-11-14T22:13:20Z", execution_duration: "1.500s", tags: { "service.name": "shop", "mlflow.trace.spansLocation": "TRACKING_STORE" } });
  expect(trace.spans).toHaveLength(1);
  expect(trace.spans[0]).toMatchObject({ trace_id: "CvdlGRbNQ92ESOshHIAxnA==", span_id: "t61rcWkgMzE=", name: "größe", status: { code: "STATUS_CODE_ERROR", message: "bad" }, events: [{ name: "ev" }] });
  expect(trace.spans[0].attributes).toContainEqual({ key: "list", value: { array_value: { values: [{ bool_value: false }, {}] } } });
  expect(trace.spans[0].attributes).toContainEqual({ key: "bytes", value: { string_value: "AP8=" } });
  const file = await fetch(`${base}/ajax-api/3.0/mlflow/get-trace-artifact?request_id=tr-${traceHex}`);
  expect(file.headers.get("content-disposition")).toBe('attachment; filename="traces.json"');
  expect(((await file.json()) as { spans: { attributes: object }[] }).spans[0]?.attributes).toMatchObject({ double: "2.0", "mlflow.spanType": '"TOOL"' });
});

test("the same in JSON, with hex ids and int64 as texts or digits", async () => {
  const span = { traceId: "AF7651916CD43DD8448EB211C8031900", spanId: "b7ad6b7169203331", name: "j", startTimeUnixNano: "1700000000000000001", endTimeUnixNano: 1700000000000000, status: { code: "STATUS_CODE_OK" }, attributes: [{ key: "n", value: { intValue: "9007199254740993" } }] };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }).replace("1700000000000000}", "9}");
  expect((await otlp(body, { "Content-Type": "application/json; charset=utf-8" })).status).toBe(200);
  const text = await (await fetch(`${base}/api/3.0/mlflow/traces/batchGet?trace_ids=tr-af7651916cd43dd8448eb211c8031900`)).text();
  expect(text).toContain('"int_value":9007199254740993');
});

test("what is no such request is refused in the envelope, and a small body that unpacks to a large one too", async () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
  const deep = (n: number): object => (n === 0 ? { stringValue: "x" } : { arrayValue: { values: [deep(n - 1)] } });
  const json = { "Content-Type": "application/json" };
  const withSpan = (more: object) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: traceHex, spanId: "b7ad6b7169203331", ...more }] }] }] });
  for (const [name, status, body, headers] of [
    ["no experiment", 400, aRequest(), { "x-mlflow-experiment-id": "" }],
    ["an experiment that is no number", 400, aRequest(), { "x-mlflow-experiment-id": "abc" }],
    ["an unknown experiment", 404, aRequest(), { "x-mlflow-experiment-id": "2000000000" }],
    ["another type", 400, "x", { "Content-Type": "text/plain" }],
    ["no protobuf", 400, "x", {}],
    ["cut off", 400, aRequest().subarray(0, 100), {}],
    ["nothing", 400, "", {}],
    ["no gzip", 400, "x", { "Content-Encoding": "gzip" }],
    ["another packing", 400, "x", { "Content-Encoding": "br" }],
    ["a bomb", 413, bomb, { "Content-Encoding": "gzip" }],
    ["broken JSON", 400, "{", json],
    ["JSON of another shape", 400, '{"resourceSpans":{"a":1}}', json],
    ["no ids", 400, withSpan({ traceId: undefined }), json],
    ["ids that are no hex", 400, withSpan({ spanId: "zz" }), json],
    ["a time that is none", 400, withSpan({ startTimeUnixNano: "now" }), json],
    ["nested deep", 400, withSpan({ attributes: [{ key: "a", value: deep(200) }] }), json],
  ] as [string, number, string | Buffer, Record<string, string>][]) {
    const answer = await otlp(body, headers);
    expect([name, answer.status, /"error_code"/.test(answer.text)], answer.text).toEqual([name, status, true]);
  }
  expect((await otlp(withSpan({ name: "a\u0000b\ud800", attributes: [{ key: "k\u0000", value: { stringValue: "\u0000\udfff" } }] }), json)).status).toBe(200);
});

test("a trace, its assessments and its search have MLflow's JSON", async () => {
  const info = { trace_id: "tr-json", trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }, request_time: "2026-01-01T00:00:00.123456Z", execution_duration: "0.029s", state: "OK", trace_metadata: { camelCase: "kept" }, tags: { aB: "c" } };
  expect(await call("POST", "/api/3.0/mlflow/traces", { trace: { traceInfo: info } })).toMatchObject({
    status: 200,
    trace: { trace_info: { ...info, request_time: "2026-01-01T00:00:00.123Z", trace_metadata: { camelCase: "kept", "mlflow.trace.infoFinalized": "true" }, tags: { aB: "c", "mlflow.artifactLocation": `mlflow-artifacts:/${experimentId}/traces/tr-json/artifacts` } } },
  });
  const assess = "/api/3.0/mlflow/traces/tr-json/assessments";
  const made = await call("POST", assess, { assessment: { assessment_name: "a", source: { source_type: "HUMAN", source_id: "x" }, feedback: { value: { aB: [1, null], empty: [] } }, valid: true } });
  expect(made.assessment).toMatchObject({ trace_id: "tr-json", feedback: { value: { aB: [1, null], empty: [] } }, valid: true });
  const { assessment_id: id } = made.assessment;
  expect((await call("PATCH", `${assess}/${id}`, { assessment: { feedback: { value: null }, rationale: "r", metadata: { k: "v" } }, update_mask: "feedback,rationale,metadata" })).assessment).toMatchObject({ feedback: { value: null }, rationale: "r", metadata: { k: "v" } });
  expect((await call("POST", assess, { assessment: { assessment_name: "e", expectation: { serialized_value: { serialization_format: "JSON_FORMAT", value: '["a",{"b":1}]' } } } })).assessment.expectation).toEqual({ serialized_value: { serialization_format: "JSON_FORMAT", value: '["a", {"b": 1}]' } });
  const { traces } = await call("POST", "/api/3.0/mlflow/traces/search", { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }], filter: "tags.aB = 'c'", max_results: 1 });
  expect(traces[0]).toMatchObject({ trace_id: "tr-json", assessments: [{ assessment_name: "a" }, { assessment_name: "e" }] });
  expect(await call("DELETE", `${assess}/${id}`)).toEqual({ status: 200 });
  expect(await call("POST", "/api/2.0/mlflow/traces/delete-traces", { experiment_id: experimentId, request_ids: ["tr-json", "tr-none"] })).toMatchObject({ traces_deleted: 1 });
});

test("the older form: the server makes the id, spans are a file, and both kinds of client read them", async () => {
  const begun = await call("POST", "/api/2.0/mlflow/traces", { experiment_id: experimentId, timestamp_ms: 1000, request_metadata: [{ key: "m", value: "n" }], tags: [{ key: "mlflow.traceName", value: "old" }] });
  const { request_id: id, tags } = begun.trace_info;
  expect(begun.trace_info).toMatchObject({ experiment_id: experimentId, timestamp_ms: 1000, status: "IN_PROGRESS" });
  const uri = (tags as { key: string; value: string }[]).find((t) => t.key === "mlflow.artifactLocation")?.value.replace("mlflow-artifacts:/", "");
  const spans = [{ trace_id: "CvdlGRbNQ92ESOshHIAxnA==", span_id: "t61rcWkgMzE=", parent_span_id: null, name: "old", start_time_unix_nano: 1_700_000_000_000_000_001n.toString(), attributes: { "mlflow.spanInputs": '{"q": 1}' }, events: [], status: { code: "STATUS_CODE_OK", message: "" } }];
  const put = await fetch(`${base}/api/2.0/mlflow-artifacts/artifacts/${uri}/traces.json`, { method: "PUT", body: JSON.stringify({ spans }) });
  expect(put.status).toBe(200);
  expect((await call("PATCH", `/api/2.0/mlflow/traces/${id}`, { timestamp_ms: 1250, status: "OK", tags: [], request_metadata: [] })).trace_info).toMatchObject({ execution_time_ms: 250, status: "OK" });
  expect((await call("GET", `/api/2.0/mlflow/traces?experiment_ids=${experimentId}&filter=${encodeURIComponent("name = 'old'")}`)).traces).toMatchObject([{ request_id: id }]);
  expect((await call("GET", `/api/3.0/mlflow/traces/get?trace_id=${id}`)).trace.spans).toMatchObject([{ name: "old", attributes: [{ key: "mlflow.spanInputs", value: { kvlist_value: { values: [{ key: "q", value: { int_value: 1 } }] } } }] }]);
  expect(await (await fetch(`${base}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${id}`)).json()).toMatchObject({ spans: [{ name: "old" }] });
  expect((await call("POST", "/api/2.0/mlflow/traces/delete-traces", { experiment_id: experimentId, request_ids: [id] })).traces_deleted).toBe(1);
  expect((await fetch(`${base}/api/2.0/mlflow-artifacts/artifacts/${uri}/traces.json`)).status).toBe(404);
});
