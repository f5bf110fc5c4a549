import { request } from "node:http";
import { beforeAll, expect, inject, test } from "vitest";

/*
 * The requests of the R client (mlflow 3.6.1 of CRAN) as it puts them on the wire, and what it needs of the answers. It stands in for
 * the client itself: R and its packages are compiled for an hour where they are not there.
 */

const { url } = inject("server");
type Json = Record<string, unknown>;

/** One request as the client sends it. It takes nothing but 200 for success, and reads JSON from every answer. */
function send(method: string, path: string, body?: Json): Promise<{ status: number; json: Json; text: string }> {
  const { hostname, port } = new URL(url);
  const raw = body && Buffer.from(JSON.stringify(body));
  const headers = {
    Accept: "application/json, text/xml, application/xml, */*", "User-Agent": "libcurl/8.5.0 r-curl/5.2.0 httr/1.4.7",
    ...(raw ? { "Content-Type": "application/json", "Content-Length": raw.length } : {}),
  };
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path: `/api/2.0/mlflow/${path}`, headers }, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (c: string) => (text += c));
      res.once("end", () => {
        expect(res.headers["content-type"], `${method} ${path}`).toMatch(/^application\/json/);
        resolve({ status: res.statusCode ?? 0, json: JSON.parse(text) as Json, text });
      });
    });
    req.once("error", reject);
    req.end(raw);
  });
}

async function ok(method: string, path: string, body?: Json): Promise<Json> {
  const answer = await send(method, path, body);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(200);
  return answer.json;
}

/** What R's `$` finds when it matches partially: a second key beginning with the same letters would be ambiguous. */
const keysLike = (json: Json, prefix: string) => Object.keys(json).filter((k) => k.startsWith(prefix));

let experimentId = "";
let runId = "";
const stamp = `r-${Date.now()}`;

beforeAll(async () => {
  experimentId = (await ok("POST", "experiments/create", { name: `${stamp} ü` })).experiment_id as string;
  expect(experimentId).toMatch(/^\d+$/);
  const made = (await ok("POST", "runs/create", { experiment_id: experimentId, user_id: "Renée", start_time: "1.7e+12", tags: [{ key: "mlflow.source.name", value: "script.R" }] })).run as { info: Json };
  runId = made.info.run_id as string;
  expect(made.info).toMatchObject({ run_uuid: runId, user_id: "Renée", start_time: 1.7e12, status: "RUNNING", lifecycle_stage: "active" });
  expect(made.info, "null would empty the client's table").not.toHaveProperty("end_time");
});

test("experiments: strings for numbers, tags, deleted and back", async () => {
  const got = (await ok("GET", `experiments/get?experiment_id=${experimentId}`)).experiment as Json;
  expect(got).toMatchObject({ experiment_id: experimentId, name: `${stamp} ü`, lifecycle_stage: "active" });
  expect((await ok("GET", `experiments/get-by-name?experiment_name=${encodeURIComponent(`${stamp} ü`)}`)).experiment).toMatchObject({ experiment_id: experimentId });
  expect((await ok("GET", "experiments/get?experiment_id=0")).experiment).toMatchObject({ experiment_id: "0" });
  await ok("POST", "experiments/set-experiment-tag", { experiment_id: experimentId, key: "k", value: "v" });
  const found = await ok("POST", "experiments/search", { filter: `name LIKE '${stamp}%'`, max_results: "1000", view_type: "ACTIVE_ONLY" });
  expect((found.experiments as Json[]).map((e) => e.experiment_id)).toEqual([experimentId]);
  for (const body of [{ max_results: "1e+03" }, { max_results: "10" }]) await ok("POST", "experiments/search", body);
  const all = (await ok("POST", "experiments/search", { max_results: "1000" })).experiments as Json[];
  const fields = (e: Json) => Object.keys(e).filter((k) => k !== "tags").sort();
  for (const e of all) expect(fields(e), "the same fields in each").toEqual(fields(all[0] ?? {}));
  expect(await ok("POST", "experiments/delete", { experiment_id: experimentId })).toEqual({});
  expect(await ok("POST", "experiments/restore", { experiment_id: experimentId })).toEqual({});
  expect(await ok("POST", "experiments/update", { experiment_id: experimentId, new_name: `${stamp} two` })).toEqual({});
  expect(await send("GET", "experiments/get?experiment_id=987654321")).toMatchObject({ status: 404, json: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
});

test("metrics, params and tags: every scalar is a string, integers in exponent form too", async () => {
  const both = { run_uuid: runId, run_id: runId };
  // Doubles have 15 digits.
  const sent = [["0", "0.1"], ["1e+06", "1e-300"], ["1E5", "0.333333333333333"], ["5.0", "-12"], [" 5", "7"], ["+6", "8"], ["1.5e1", "9"]] as const;
  for (const [i, [step, value]] of sent.entries()) {
    expect(await ok("POST", "runs/log-metric", { ...both, key: `m ${i}`, value, timestamp: "1795557830013", step })).toEqual({});
    const [metric] = (await ok("GET", `metrics/get-history?run_uuid=${runId}&run_id=${runId}&metric_key=m%20${i}`)).metrics as Json[];
    expect(metric).toEqual({ key: `m ${i}`, value: Number(value), timestamp: 1795557830013, step: Number(step) });
  }
  for (const step of ["5.5", "1e-1", "1e400", "0x10", "NaN", ""]) {
    expect(await send("POST", "runs/log-metric", { ...both, key: "bad", value: "1", timestamp: "1", step }), step).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
  }
  for (const [value, wanted] of [["NaN", "NaN"], ["-Infinity", -Number.MAX_VALUE], ["Infinity", Number.MAX_VALUE]] as const) {
    await ok("POST", "runs/log-metric", { ...both, key: `v${value}`, value, timestamp: "1", step: "0" });
    const [metric] = (await ok("GET", `metrics/get-history?run_uuid=${runId}&run_id=${runId}&metric_key=v${value}`)).metrics as Json[];
    expect(metric?.value).toBe(wanted);
  }
  for (const i of [3, 1, 2]) await ok("POST", "runs/log-metric", { ...both, key: "order", value: String(i), timestamp: `${i}e+03`, step: String(i) });
  expect(((await ok("GET", `metrics/get-history?run_uuid=${runId}&run_id=${runId}&metric_key=order`)).metrics as Json[]).map((m) => m.value), "oldest first").toEqual([1, 2, 3]);
  expect(await ok("POST", "runs/log-parameter", { ...both, key: "lr", value: "0.01" })).toEqual({});
  expect(await ok("POST", "runs/set-tag", { ...both, key: "t", value: "ü" })).toEqual({});
  expect(await ok("POST", "runs/delete-tag", { run_id: runId, key: "t" })).toEqual({});
  const batch = { run_id: runId, metrics: [{ key: "batch", value: "1.5", timestamp: "1.7e+12", step: "1e+05" }], params: [{ key: "p", value: "1" }], tags: [{ key: "b", value: "2" }] };
  expect(await ok("POST", "runs/log-batch", batch)).toEqual({});
  const run = (await ok("GET", `runs/get?run_uuid=${runId}&run_id=${runId}`)).run as { info: Json; data: { metrics: Json[]; params: Json[]; tags: Json[] } };
  expect(run.data.metrics.find((m) => m.key === "batch")).toEqual({ key: "batch", value: 1.5, timestamp: 1.7e12, step: 100_000 });
  expect(run.data.params.map((p) => p.key).sort()).toEqual(["lr", "p"]);
  expect(run.info.run_uuid).toBe(runId);
  expect(await send("POST", "runs/log-parameter", { ...both, key: "lr", value: "2" })).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
});

test("a run ends, is searched for, deleted and restored", async () => {
  const other = ((await ok("POST", "runs/create", { experiment_id: experimentId, user_id: "Renée", start_time: "1795557830013" })).run as { info: Json }).info.run_id as string;
  const ended = await ok("POST", "runs/update", { run_uuid: other, run_id: other, status: "FINISHED", end_time: "1795557830999" });
  expect(ended.run_info).toMatchObject({ run_uuid: other, run_id: other, status: "FINISHED", end_time: 1795557830999 });
  const found = await ok("POST", "runs/search", { experiment_ids: [experimentId], filter: "attributes.status = 'FINISHED'", run_view_type: "ACTIVE_ONLY", max_results: "1000", order_by: ["start_time DESC"] });
  expect(keysLike(found, "run")).toEqual(["runs"]);
  expect((found.runs as { info: Json }[]).map((r) => r.info.run_id)).toEqual([other]);
  await ok("POST", "runs/create", { experiment_id: experimentId, user_id: "Renée", start_time: "1795557830014" });
  const three = (await ok("POST", "runs/search", { experiment_ids: [experimentId], max_results: "3" })).runs as { info: Json; data: Json }[];
  expect(three.length).toBe(3);
  for (const { info } of three) {
    // end_time is what a running one lacks, in MLflow's own answers too.
    expect(Object.keys(info).filter((k) => k !== "end_time").sort(), "the same fields in each").toEqual(Object.keys(three[0]?.info ?? {}).filter((k) => k !== "end_time").sort());
  }
  expect(await ok("POST", "runs/delete", { run_id: other })).toEqual({});
  const deleted = await ok("POST", "runs/search", { experiment_ids: [experimentId], run_view_type: "DELETED_ONLY", max_results: "10" });
  expect((deleted.runs as { info: Json }[]).map((r) => r.info.lifecycle_stage)).toEqual(["deleted"]);
  expect(await ok("POST", "runs/restore", { run_id: other })).toEqual({});
  const listed = await ok("GET", `artifacts/list?run_uuid=${runId}&run_id=${runId}`);
  expect(listed.root_uri).toBe(`mlflow-artifacts:/${experimentId}/${runId}/artifacts`);
  expect(await ok("POST", "runs/log-model", { run_id: runId, model_json: JSON.stringify({ artifact_path: "model", run_id: runId, utc_time_created: "2026-11-25 04:00:00.123", flavors: { crate: { model: "crate.bin" } } }) })).toEqual({});
  const { data } = (await ok("GET", `runs/get?run_uuid=${runId}&run_id=${runId}`)).run as { data: { tags: Json[] } };
  const history = data.tags.find((t) => t.key === "mlflow.log-model.history")?.value;
  expect(JSON.parse(history as string)).toMatchObject([{ artifact_path: "model", flavors: { crate: { model: "crate.bin" } } }]);
});

test("the registry: PATCH and DELETE with bodies, an object for every answer", async () => {
  const name = `${stamp}-model`;
  const made = await ok("POST", "registered-models/create", { name, tags: [{ key: "a", value: "b" }], description: "d" });
  expect(keysLike(made, "registered_model")).toEqual(["registered_model"]);
  const source = `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`;
  const version = (await ok("POST", "model-versions/create", { name, source, run_id: runId, tags: [], description: "first" })).model_version as Json;
  expect(version).toMatchObject({ version: "1", status: "READY", current_stage: "None", run_id: runId });
  await ok("PATCH", "registered-models/update", { name, description: "changed" });
  const moved = await ok("POST", "model-versions/transition-stage", { name, version: "1", stage: "Production", archive_existing_versions: "FALSE" });
  expect(moved.model_version).toMatchObject({ current_stage: "Production" });
  const latest = await ok("GET", `registered-models/get-latest-versions?name=${name}&stages=Production`);
  expect((latest.model_versions as Json[]).map((v) => v.version)).toEqual(["1"]);
  await ok("PATCH", "model-versions/update", { name, version: "1", description: "second" });
  expect((await ok("GET", `model-versions/get?name=${name}&version=1`)).model_version).toMatchObject({ description: "second" });
  for (const [path, key] of [["registered-models", "m"], ["model-versions", "v"]] as const) {
    const which = { name, ...(path === "model-versions" ? { version: "1" } : {}) };
    expect(await ok("POST", `${path}/set-tag`, { ...which, key, value: "1" })).toEqual({});
    expect(await ok("DELETE", `${path}/delete-tag`, { ...which, key })).toEqual({});
  }
  const found = await ok("GET", `registered-models/search?filter=${encodeURIComponent(`name = '${name}'`)}&max_results=100`);
  expect(keysLike(found, "registered_model")).toEqual(["registered_models"]);
  await ok("POST", "registered-models/rename", { name, new_name: `${name}-2` });
  expect(await ok("DELETE", "model-versions/delete", { name: `${name}-2`, version: "1" })).toEqual({});
  expect(await ok("DELETE", "registered-models/delete", { name: `${name}-2` })).toEqual({});
  expect(await send("GET", `registered-models/get?name=${name}`)).toMatchObject({ status: 404, json: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
});
