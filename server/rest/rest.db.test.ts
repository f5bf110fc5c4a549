import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { handleMlflow, router } from ".";

let ctx: Ctx;
let server: Server;
let base: string;
let runId: string;
let root: string;

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; text: string; json: Record<string, unknown> };

/** By node:http and not fetch, which would tidy the path up. */
function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const raw = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const req = request({ port, host: "127.0.0.1", method, path, headers: { ...(raw === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(raw) }), ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (c: Buffer) => chunks.push(c));
      res.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = res.headers["content-type"] === "application/json";
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} });
      });
    });
    req.on("error", reject);
    req.end(raw);
  });
}
const mlflow = (method: string, path: string, body?: unknown) => call(method, `/api/2.0/mlflow/${path}`, body);

beforeAll(async () => {
  ctx = await aWorkspace();
  server = createServer((req, res) => void handleMlflow(req, res, ctx));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = "/api/2.0/mlflow-artifacts/artifacts";
  const { json } = await mlflow("POST", "experiments/create", { name: "e" });
  const made = await mlflow("POST", "runs/create", { experiment_id: json.experiment_id, user_id: "u", start_time: "1.7e+12" });
  const info = (made.json.run as { info: { run_id: string; artifact_uri: string; start_time: number } }).info;
  expect(info.start_time).toBe(1.7e12);
  runId = info.run_id;
  root = info.artifact_uri.replace("mlflow-artifacts:/", "");
});
afterAll(() => new Promise((done) => server.close(done)));

test("an int64 step comes back as the digits that were sent", async () => {
  await call("POST", "/api/2.0/mlflow/runs/log-metric", `{"run_id":"${runId}","key":"far","value":1,"timestamp":1,"step":9223372036854775807}`);
  const { text } = await mlflow("GET", `runs/get?run_id=${runId}`);
  expect(text).toContain('"step": 9223372036854775807');
  expect(text).not.toContain("end_time");
});

test("every route answers junk in the envelope, and none with a 5xx", async () => {
  const bodies = ["", "null", "[]", "3", '"x"', "{", '{"a":', `${"[".repeat(50_000)}`, '{"run_id":{"$ne":null},"name":[],"experiment_id":1e400,"key":null}', '{"run_id":"\\u0000","name":"\\ud800","experiment_id":"99999999999999999999"}'];
  for (const route of router.paths) {
    const [method = "GET", pattern = ""] = route.split(" ");
    if (pattern.startsWith("/health") || pattern.startsWith("/version") || pattern.includes("server-info") || method === "PUT") continue;
    const path = pattern.replace(/^\^|\$$/g, "").replaceAll("\\.", ".").replaceAll("([^/]+)", "x").replace("(.+)", "x/y").replaceAll("\\/", "/");
    for (const body of method === "GET" ? [undefined] : bodies) {
      const answer = await call(method, path, body);
      const isFine = answer.status === 200 || (answer.status < 500 && typeof answer.json.error_code === "string") || answer.status === 501;
      expect(isFine, `${route} ${body?.slice(0, 40)} → ${answer.status} ${answer.text.slice(0, 200)}`).toBe(true);
      expect(answer.text.length).toBeLessThan(8192);
    }
  }
});

test("an unknown path and a wrong method answer ENDPOINT_NOT_FOUND; the ajax twin is the same door", async () => {
  for (const [method, path, status] of [["GET", "/api/2.0/mlflow/nope", 404], ["DELETE", "/api/2.0/mlflow/runs/create", 405], ["GET", "/api/2.0/mlflow/runs/get/", 404]] as const) {
    expect(await call(method, path)).toMatchObject({ status, json: { error_code: "ENDPOINT_NOT_FOUND" } });
  }
  expect((await call("GET", `/ajax-api/2.0/mlflow/runs/get?run_id=${runId}`)).status).toBe(200);
});

test("a body beyond the cap is refused before it is read", async () => {
  const answer = await call("POST", "/api/2.0/mlflow/runs/search", "{}", { "Content-Length": String(64 * 1024 * 1024) }).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof answer === "object") expect(answer).toMatchObject({ status: 413, json: { error_code: "INVALID_PARAMETER_VALUE" }, headers: { connection: "close" } });
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const req = request({ port, host: "127.0.0.1", method: "POST", path: "/api/2.0/mlflow/runs/search", headers: { "Content-Type": "application/json" } }, (res) => resolve(res.resume().statusCode));
    req.on("error", reject);
    for (let i = 0; i < 20; i++) req.write(Buffer.alloc(1024 * 1024, 0x20));
    req.end();
  });
  expect(chunked).toBe(413);
  expect((await call("POST", "/api/2.0/mlflow/runs/search", "{}", { "Content-Type": "text/plain" })).status).toBe(400);
  expect((await call("POST", "/api/2.0/mlflow/runs/search", Buffer.from([0x7b, 0xff]), {})).status).toBe(400);
});

test("an artifact goes up and comes down as a download that no browser shows", async () => {
  const name = "größe & 100% 'x'.html";
  expect(await call("PUT", `${base}/${root}/${encodeURIComponent(name)}`, "<script>alert(1)</script>")).toMatchObject({ status: 200, text: "" });
  const got = await call("GET", `${base}/${root}/${encodeURIComponent(name)}`);
  expect(got.text).toBe("<script>alert(1)</script>");
  expect(got.headers["content-disposition"]).toMatch(/^attachment; filename=.*filename\*=UTF-8''gr%C3%B6%C3%9Fe/);
  expect(got.headers).toMatchObject({ "x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'" });
  expect((await call("GET", `/get-artifact?run_id=${runId}&path=${encodeURIComponent(name)}`)).text).toBe(got.text);
});

test("an upload that breaks off stores nothing; one that cannot be stored is still answered", async () => {
  const path = `${base}/${root}/cut.bin`;
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => {
    const req = request({ port, host: "127.0.0.1", method: "PUT", path, headers: { "Content-Length": "5000000" } });
    req.on("error", () => done());
    req.write(Buffer.alloc(100_000), () => setTimeout(() => req.destroy(), 50));
  });
  expect((await call("GET", path)).status).toBe(404);
  await call("PUT", `${base}/${root}/blocked/x`, "x");
  expect(await call("PUT", `${base}/${root}/blocked`, Buffer.alloc(3_000_000))).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
});

test.each([
  ["bytes=0-2", 206, "abc"], ["bytes=-3", 206, "hij"], ["bytes=8-", 206, "ij"], ["bytes=20-30", 416, ""], ["bytes=0-1,4-5", 200, "abcdefghij"], ["bytes=x", 416, ""], ["lines=1-2", 200, "abcdefghij"],
])("the range %s is answered with %i", async (range, status, text) => {
  await call("PUT", `${base}/${root}/ranged.txt`, "abcdefghij");
  expect(await call("GET", `${base}/${root}/ranged.txt`, undefined, { Range: range })).toMatchObject({ status, text });
});

test("no spelling of a path leaves the run's root", async () => {
  await call("PUT", `${base}/${root}/canary`, "here");
  const spellings = ["%2e", "%2e/", "%2e%2f", ".", "./", "..", "x/..", `${root}/..`, `${root}/%2e%2e/%2e%2e`, `${root}/..%2f..%2f..%2fetc/passwd`, `${root}/%252e%252e/x`, `${root}/a%5c..%5cb`, "%2fetc%2fpasswd", "_flowbook/trees", ".staging", root.split("/")[0] ?? "", `${root}/a%00b`, `${root}/a%0d%0ab`, `${root}//x`, `${root}/%zz`];
  for (const path of spellings) {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await call(method, `${base}/${path}`, method === "PUT" ? "evil" : undefined);
      expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      expect(answer.json.error_code, `${method} ${path}`).toBeTypeOf("string");
    }
    const listed = await call("GET", `${base}?path=${path}`);
    expect(listed.json.files, path).toBeUndefined();
  }
  expect((await call("GET", `${base}/${root}/canary`)).text).toBe("here");
});

test("a search is answered or refused in time, whatever its size", async () => {
  const search = async (body: object) => (await mlflow("POST", "runs/search", { experiment_ids: ["1"], ...body })).status;
  const began = performance.now();
  expect(await search({ filter: Array(2000).fill("params.a = '1'").join(" AND ") })).toBe(400);
  expect(await search({ filter: Array(90).fill("params.a LIKE '%x%'").join(" AND ") })).toBe(200);
  expect(await search({ filter: `run_id IN (${Array.from({ length: 2500 }, (_, i) => `'${i}'`).join(",")})` })).toBe(200);
  expect(await search({ filter: "(".repeat(1000) })).toBe(400);
  expect(await search({ order_by: Array.from({ length: 500 }, (_, i) => `metrics.m${i}`) })).toBe(400);
  expect(await search({ filter: "params.a = '1' AND pg_sleep(10) = 1" })).toBe(400);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("while the database is away a request is held; one that stays away is 503 without Retry-After, which would end a client's patience", async () => {
  const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const before = ctx;
  const withFailures = (failures: number) => {
    let left = failures;
    return new Proxy(before.sql, {
      get: (sql, name) => {
        const value: unknown = Reflect.get(sql, name);
        if (name !== "query" && name !== "connect") return value;
        return (...args: unknown[]) => (left-- > 0 ? Promise.reject(away) : (value as (...a: unknown[]) => unknown).apply(sql, args));
      },
    });
  };
  ctx = { ...before, sql: withFailures(2) };
  expect(await mlflow("POST", "runs/log-parameter", { run_id: runId, key: "held", value: "1" })).toMatchObject({ status: 200 });
  ctx = { ...before, sql: withFailures(Number.POSITIVE_INFINITY) };
  const answer = await mlflow("GET", `runs/get?run_id=${runId}`);
  ctx = before;
  expect(answer).toMatchObject({ status: 503, json: { error_code: "TEMPORARILY_UNAVAILABLE" } });
  expect(answer.headers["retry-after"]).toBeUndefined();
});

test("a search that meets the time limit is refused, anything else is told to come back", async () => {
  const slow = Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" });
  const before = ctx;
  ctx = { ...ctx, sql: { query: () => Promise.reject(slow), connect: () => Promise.reject(slow) } as unknown as Ctx["sql"] }; // only these two are used
  const [search, write] = [await mlflow("POST", "experiments/search", { max_results: 5 }), await mlflow("POST", "experiments/create", { name: "slow" })];
  ctx = before;
  expect(search).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
  expect(write).toMatchObject({ status: 503, json: { error_code: "TEMPORARILY_UNAVAILABLE" } });
});
