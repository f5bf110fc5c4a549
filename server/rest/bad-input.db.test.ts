import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { ensureDefaultExperiment } from "@/server/domain/experiments";
import { env } from "@/server/env";
import { aWorkspace } from "@/server/testing";
import { type Fitting, hostileRequest, hostileRuns, hostileSeed } from "@/server/testing/hostile";
import { answerBadHttp, handleMlflow, httpOptions, router } from ".";
import type { Route } from "./router";

/* Every route of the table, asked wrongly in many ways. A new route is asked too, by the fields that its schema has. */

let server: Server;
beforeAll(async () => {
  const ctx = await aWorkspace({ slug: "default" });
  await ensureDefaultExperiment(ctx);
  server = createServer(httpOptions, (req, res) => void handleMlflow(req, res, ctx));
  server.on("clientError", answerBadHttp);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(() => new Promise((done) => server.close(done)));

type Answer = { status: number; type: string; text: string; ms: number; reset?: boolean };

function call(method: string, path: string, body?: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> {
  const began = performance.now();
  const raw = body === undefined ? undefined : Buffer.from(body);
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const req = request({ port, host: "127.0.0.1", method, path, agent: false, headers: { ...(raw ? { "Content-Type": "application/json", "Content-Length": raw.length } : {}), ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (c: Buffer) => chunks.push(c));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, type: String(res.headers["content-type"] ?? ""), text: Buffer.concat(chunks).toString(), ms: performance.now() - began }));
    });
    req.on("error", reject);
    req.end(raw);
  });
}
const mlflow = async (method: string, path: string, body?: object) => JSON.parse((await call(method, `/api/2.0/mlflow/${path}`, body && JSON.stringify(body))).text) as { experiment_id?: string };

const leaks = /node_modules|\bat \S+ \(|\.(ts|js|mjs|cjs):\d+|server\/(domain|rest)|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.*\b(FROM|SET|VALUES|WHERE)\b|violates|relation "|syntax error at|prisma/i;

/** What holds of any answer to any request. */
function judge(answer: Answer, what: string): void {
  const said = `${what}\n→ ${answer.status} ${answer.type} ${answer.text.slice(0, 600)}`;
  expect(answer.status === 501 || answer.status < 500, `a 5xx: ${said}`).toBe(true);
  expect(answer.ms, `too slow: ${said}`).toBeLessThan(5000);
  if (answer.status < 400 || answer.status === 416) return;
  expect(answer.type, `no JSON: ${said}`).toMatch(/^application\/json/);
  const error = JSON.parse(answer.text) as { error_code?: unknown; message?: unknown };
  expect([typeof error.error_code, typeof error.message], `no envelope: ${said}`).toEqual(["string", "string"]);
  expect(Buffer.byteLength(answer.text), `too long: ${said}`).toBeLessThanOrEqual(8192);
  // What the caller sent may be quoted; what is looked for is ours.
  const words = String(error.message).replace(/(['"]).*\1/gs, "");
  expect(leaks.test(words) || words.includes(env().dataDir) || words.includes(process.cwd()), `says too much: ${said}`).toBe(false);
}

/** Things to ask for, made anew for each route, as the route before may have removed them. */
async function fitting(): Promise<Fitting & { root: string[] }> {
  const u = Math.random().toString(36).slice(2, 10);
  const e: string = (await mlflow("POST", "experiments/create", { name: `bad-input-${u}` })).experiment_id ?? "";
  const made = (await mlflow("POST", "runs/create", { experiment_id: e, user_id: "u", start_time: 1 })) as unknown as { run: { info: { run_id: string } } };
  const r = made.run.info.run_id;
  const model = (await mlflow("POST", "logged-models", { experiment_id: e, name: "m", source_run_id: r })) as unknown as { model: { info: { model_id: string } } };
  const m = model.model.info.model_id;
  await mlflow("POST", "registered-models/create", { name: `rm-${u}` });
  await mlflow("POST", "model-versions/create", { name: `rm-${u}`, source: "s3://x/y" });
  await mlflow("POST", "runs/log-batch", { run_id: r, metrics: [{ key: "k", value: 1, timestamp: 1, step: 1 }], params: [{ key: "p", value: "1" }] });
  const root = `${e}/${r}/artifacts`;
  await call("PUT", `/api/2.0/mlflow-artifacts/artifacts/${root}/a.txt`, "hello");
  const q = (...values: unknown[]) => values.map((v) => JSON.stringify(v));
  const pairs = q([{ key: "a", value: "1" }], [{ key: "b", value: "2" }, { key: "b", value: "3" }]);
  return {
    root: [root],
    experiment_id: q(e), experiment_ids: q([e]), experiment_name: q(`bad-input-${u}`), run_id: q(r), run_uuid: q(r), run_ids: q([r]), model_id: q(m), source_run_id: q(r), name: q(`rm-${u}`, `new-${u}`), new_name: q(`newer-${u}`), version: q("1"), alias: q("best"), stage: q("Staging"), stages: q(["None"]),
    key: q("k", "mlflow.runName", "mlflow.parentRunId", "a/b"), metric_key: q("k"), value: q("1", 1, 0.5, "NaN"), timestamp: q(1, "2"), step: q(1, "7"), start_time: q(1), end_time: q(2), start_step: q("0"), end_step: q("9"), status: q("FINISHED", "LOGGED_MODEL_READY", "ACTIVE"), tags: pairs, params: pairs,
    metrics: q([{ key: "k", value: 2, timestamp: 3, step: 4 }], [{ key: "n", value: "NaN", timestamp: 3 }], [{ key: "k", value: 1, timestamp: 1, model_id: m }]), datasets: q([{ dataset: { name: "d", digest: "1", source_type: "s", source: "x" } }]), models: q([{ model_id: m, step: 1 }]),
    model_json: q(JSON.stringify({ artifact_path: "m", flavors: {}, utc_time_created: "x", run_id: r })), source: q("s3://x/y", `runs:/${r}/m`, `models:/${m}`), artifact_location: q("s3://b/x"), path: q("a.txt", `${root}/a.txt`, root), artifact_directory_path: q(""), artifact_file_path: q("a.txt"),
    filter: q("", "name = 'x'", "metrics.k > 1", "metrics.k > 1 OR (NOT params.p = '1')", "((((", "a = 'b' AND", "tags.`a", `${"metrics.k > 1 AND ".repeat(2000)}metrics.k > 1`, `run_id IN (${Array(5000).fill("'x'").join(",")})`, `${"(".repeat(5000)}`, `${"NOT ".repeat(5000)}params.a = 'x'`, `name LIKE '${"%a".repeat(5000)}'`, "params.a = '1'; DROP TABLE x", "pg_sleep(10) = 1"),
    order_by: q([], ["name"], ["metrics.k DESC"], Array(500).fill("metrics.k"), Array.from({ length: 500 }, (_, i) => `metrics.m${i}`), ["1; DROP TABLE x"], [{ field_name: "name", ascending: true }]),
    max_results: q(1, "5", 50_000), page_token: q("", "abc", "eyJvZmZzZXQiOjF9", "eyJvZmZzZXQiOi0xfQ==", "x".repeat(1_000_000), Buffer.from('{"q":"x","p":[1]}').toString("base64url")), view_type: q("ALL"), run_view_type: q("ALL"),
    events: q([{ entity: "MODEL_VERSION", action: "CREATED" }]), url: q("https://example.org/x", "http://127.0.0.1/x", "https://169.254.169.254/", "file:///etc/passwd"), username: q(`u-${u}`), password: q("a long enough password 1"), trace_id: q("tr-1"), trace_ids: q(["tr-1"]), request_id: q("tr-1"),
  };
}

const fieldsOf = (schema: z.ZodType | undefined): string[] => {
  const shape = (schema as { shape?: Record<string, unknown> } | undefined)?.shape;
  return shape ? Object.keys(shape) : ["run_id", "path", "name", "version", "experiment_id"];
};

/** Artifacts that would be removed under the others' feet, and what makes passwords slow on purpose. */
const fewer = (path: string) => (path.includes("/users/") ? 5 : hostileRuns);

const routes = router.routes.map((route) => [`${route[0]} ${route[1]}`, route] as const);

describe("a hostile request is answered in the envelope, below 500, and says nothing of the inside", () => {
  test.each(routes)("%s", { timeout: 120_000 }, async (_, [method, path, handler]: Route) => {
    const fits = await fitting();
    const parameters = [...path.matchAll(/\{(\w+)\*?\}/g)].map((m) => m[1] ?? "");
    const names = [...new Set([...fieldsOf(handler.schema), ...(handler.schema ? [] : parameters)])].filter((n) => !parameters.includes(n));
    await fc.assert(
      fc.asyncProperty(hostileRequest(method, names, parameters, fits), async (r) => {
        const asked = path.replace(/\{(\w+)\*?\}/g, (_match, name: string) => r.path[name] ?? "x") + (r.query ? `?${r.query}` : "");
        const answer = await call(method, asked, r.body, r.headers);
        judge(answer, `${method} ${asked.slice(0, 300)} ${JSON.stringify(r.headers).slice(0, 200)} ${r.body?.toString().slice(0, 1500)}`);
      }),
      { seed: hostileSeed, numRuns: fewer(path), endOnFailure: true },
    );
  });
});
