import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { env } from "@/server/env";
import { aWorkspace } from "@/server/testing";
import { answerBadHttp, handleMlflow, httpOptions } from ".";

/* The cases that a random request does not meet: callers at once, broken HTTP, bombs, and names at the edge of what a disk takes. */

let server: Server;
let port: number;
let experimentId: string;
let runId: string;
const api = "/api/2.0/mlflow";
const store = "/api/2.0/mlflow-artifacts/artifacts";
let root: string;

type Answer = { status: number; text: string; headers: Record<string, string | string[] | undefined>; json: Record<string, unknown> };
function call(method: string, path: string, body?: Buffer | string | object, headers: Record<string, string> = {}): Promise<Answer> {
  const raw = body === undefined ? undefined : Buffer.isBuffer(body) || typeof body === "string" ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const req = request({ port, host: "127.0.0.1", method, path, agent: false, headers: { ...(raw ? { "Content-Type": "application/json", "Content-Length": raw.length } : {}), ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (c: Buffer) => chunks.push(c));
      res.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: res.headers["content-type"] === "application/json" ? (JSON.parse(text) as Record<string, unknown>) : {} });
      });
    });
    req.on("error", reject);
    req.end(raw);
  });
}
const post = (path: string, body: object) => call("POST", `${api}/${path}`, body);
const run = async () => ((await call("GET", `${api}/runs/get?run_id=${runId}`)).json as { run: { data: { params?: { key: string; value: string }[]; tags?: { key: string; value: string }[] } } }).run;
const counted = (answers: Answer[]) => Object.fromEntries([...new Set(answers.map((a) => a.status))].sort().map((s) => [s, answers.filter((a) => a.status === s).length]));
const atOnce = (n: number, ask: (i: number) => Promise<Answer>) => Promise.all(Array.from({ length: n }, (_, i) => ask(i)));

beforeAll(async () => {
  const ctx = await aWorkspace();
  server = createServer(httpOptions, (req, res) => void handleMlflow(req, res, ctx));
  server.on("clientError", answerBadHttp);
  server.headersTimeout = 20_000;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
  experimentId = String((await post("experiments/create", { name: "e" })).json.experiment_id);
  runId = ((await post("runs/create", { experiment_id: experimentId, start_time: 1 })).json as { run: { info: { run_id: string } } }).run.info.run_id;
  root = `${store}/${experimentId}/${runId}/artifacts`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});

describe("callers at once", () => {
  test("one makes the experiment, one the model; the others are told that it is there", async () => {
    for (const [path, n] of [["experiments/create", 24], ["registered-models/create", 16]] as const) {
      const answers = await atOnce(n, () => post(path, { name: "same" }));
      expect(counted(answers)).toEqual({ 200: 1, 400: n - 1 });
      expect(new Set(answers.filter((a) => a.status === 400).map((a) => a.json.error_code))).toEqual(new Set(["RESOURCE_ALREADY_EXISTS"]));
    }
  });

  test("one value of a param wins and is the one that is kept; of a tag the last", async () => {
    const params = await atOnce(24, (i) => post("runs/log-parameter", { run_id: runId, key: "raced", value: String(i) }));
    expect(counted(params)).toEqual({ 200: 1, 400: 23 });
    const tags = await atOnce(24, (i) => post("runs/set-tag", { run_id: runId, key: "raced", value: String(i) }));
    expect(counted(tags)).toEqual({ 200: 24 });
    const { data } = await run();
    expect(data.params?.find((p) => p.key === "raced")?.value).toBe(String(params.findIndex((a) => a.status === 200)));
    expect(Number(data.tags?.find((t) => t.key === "raced")?.value)).toBeLessThan(24);
  });

  test("versions are numbered one after another", async () => {
    await post("registered-models/create", { name: "raced" });
    const answers = await atOnce(16, () => post("model-versions/create", { name: "raced", source: "s3://x/y" }));
    const numbers = answers.map((a) => Number((a.json as { model_version: { version: string } }).model_version.version)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  test("a file that many write is one of theirs, whole", async () => {
    const contents = Array.from({ length: 12 }, (_, i) => Buffer.alloc(300_000 + i, 65 + i));
    const answers = await atOnce(12, (i) => call("PUT", `${root}/raced.bin`, contents[i]));
    expect(counted(answers)).toEqual({ 200: 12 });
    const { text } = await call("GET", `${root}/raced.bin`);
    expect(contents.some((c) => c.toString() === text)).toBe(true);
  });
});

/** Sends bytes as they are and waits for an answer or the connection's end. */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(said);
    };
    socket.setTimeout(3_000, end);
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1");
      if (/\r\n\r\n/.test(said)) setTimeout(end, 100);
    });
    socket.on("error", end);
    socket.on("close", end);
  });
}

describe("broken HTTP", () => {
  const body = '{"experiment_ids":[]}';
  const head = (more: string) => `POST ${api}/runs/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}`;
  test.each<[string, string | Buffer]>([
    ["a length and chunks", head(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET ${api}/experiments/get?experiment_id=0 HTTP/1.1\r\nHost: x\r\n\r\n`)],
    ["two lengths", head(`Content-Length: 2\r\nContent-Length: ${body.length}\r\n\r\n${body}`)],
    ["a bad chunk", head("Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")],
    ["a NUL in a header", head("X: a\u0000b\r\n\r\n")],
    ["a bare line feed", `POST ${api}/runs/search HTTP/1.1\nHost: x\n\n`],
    ["noise", Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 73) % 256))],
    ["TLS", Buffer.from("16030100c8010000c40303", "hex")],
    ["a header of 100 kB", `GET /health HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(100_000)}\r\n\r\n`],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
  ])("%s is refused in the envelope, or the connection ends", async (_, bytes) => {
    const said = await raw(bytes);
    if (said !== "") expect(said).toMatch(/^HTTP\/1\.1 4\d\d [\s\S]*\{"error_code":"\w+","message":"/);
    expect(said.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect((await call("GET", `${api}/runs/get?run_id=${runId}`)).status).toBe(200);
  });

  test("a hundred posts that stop in the middle and twenty downloads that nobody reads hold up nobody else", async () => {
    await call("PUT", `${root}/large.bin`, Buffer.alloc(8_000_000, 1));
    const sockets = Array.from({ length: 120 }, (_, i) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(i < 100 ? head("Content-Length: 1000\r\n\r\n{") : `GET ${root}/large.bin HTTP/1.1\r\nHost: x\r\n\r\n`);
      socket.pause();
      return socket;
    });
    await new Promise((r) => setTimeout(r, 300));
    const began = performance.now();
    const answers = await atOnce(10, () => call("GET", `${api}/runs/get?run_id=${runId}`));
    expect(performance.now() - began).toBeLessThan(2000);
    expect(counted(answers)).toEqual({ 200: 10 });
    for (const socket of sockets) socket.destroy();
  });
});

describe("bombs", () => {
  test.each<[string, string | Buffer, Record<string, string>]>([
    ["200,000 arrays in each other", "[".repeat(200_000), {}],
    ["200,000 objects in each other", `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`, {}],
    ["as a tag's value, well formed", `{"run_id":"x","key":"k","value":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, {}],
    ["a number of a million digits", `{"run_id":"x","key":"k","value":${"9".repeat(1_000_000)},"timestamp":1}`, {}],
    ["100,000 fields", `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(",")}}`, {}],
    ["100,000 fields in camel case", `{${Array.from({ length: 100_000 }, (_, i) => `"kK${i}":1`).join(",")}}`, {}],
    ["ten million blanks", Buffer.alloc(10_000_000, 0x20), {}],
    ["a text of ten million characters", `{"run_id":"${"x".repeat(10_000_000)}"}`, {}],
    ["200 MB that gzip made small", gzipSync(Buffer.alloc(200_000_000)), { "Content-Encoding": "gzip" }],
  ])("%s: an answer in the envelope, soon", { timeout: 60_000 }, async (_, body, headers) => {
    for (const path of ["runs/log-metric", "runs/search", "experiments/create"]) {
      const began = performance.now();
      const answer = await call("POST", `${api}/${path}`, body, headers);
      expect(performance.now() - began).toBeLessThan(3000);
      const isEmptySearch = answer.status === 200 && path === "runs/search";
      if (!isEmptySearch) expect({ status: answer.status, code: typeof answer.json.error_code }).toMatchObject({ status: expect.toSatisfy((s: number) => s >= 400 && s < 500), code: "string" });
      expect(answer.text.length).toBeLessThanOrEqual(8192);
    }
  });

  test("a small body of spans that unpacks to 200 MB is refused", async () => {
    const answer = await call("POST", "/v1/traces", gzipSync(Buffer.alloc(200_000_000)), { "Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", "x-mlflow-experiment-id": experimentId });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});

describe("files", () => {
  test.each(["a b.txt", "100%.txt", "what?.txt", "it's \"q\".txt", "größe.txt", "😀.txt", ".hidden", "-rf", "a+b&c=d.txt", "…", "CON", "x".repeat(200)])("%s comes back under its name", async (name) => {
    expect((await call("PUT", `${root}/odd/${encodeURIComponent(name)}`, "here")).status).toBe(200);
    expect((await call("GET", `${root}/odd/${encodeURIComponent(name)}`)).text).toBe("here");
    const listed = (await call("GET", `${api}/artifacts/list?run_id=${runId}&path=odd`)).json as { files: { path: string }[] };
    expect(listed.files.map((f) => f.path)).toContain(`odd/${name}`);
  });

  test("names that no disk takes are refused, and no header is made of them", async () => {
    await call("PUT", `${root}/file`, "x");
    await call("PUT", `${root}/folder/x`, "x");
    for (const path of ["x".repeat(256), encodeURIComponent("😀".repeat(64)), `${"a/".repeat(2500)}x`, "a%0ab", "a%0d%0aX-Evil:%201", "%20", "", "file/below", "folder"]) {
      const answer = await call("PUT", `${root}/${path}`, "evil");
      expect({ path: path.slice(0, 40), status: answer.status, code: typeof answer.json.error_code }).toMatchObject({ status: expect.toSatisfy((s: number) => s === 200 || (s >= 400 && s < 500)) });
      if (answer.status >= 400) expect(answer.json.error_code).toBeTypeOf("string");
      expect(answer.headers["x-evil"]).toBeUndefined();
    }
    expect((await call("GET", `${root}/file`)).text).toBe("x");
    expect((await call("GET", `${root}/folder/x`)).text).toBe("x");
  });

  test("a canary beside the store is neither read, overwritten nor removed", async () => {
    const canary = join(env().dataDir, "canary");
    writeFileSync(canary, "alive");
    const before = readdirSync(env().dataDir);
    const ups = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%5c", "..%c0%af", "..;/", "....//", "%2e%2e%5c"];
    for (const up of ups) {
      for (const depth of [1, 3, 5, 8]) {
        for (const start of [`${root}/`, `${store}/`, `${store}/${experimentId}/`]) {
          const path = `${start}${up.repeat(depth)}canary`;
          for (const [method, body] of [["GET", undefined], ["PUT", "dead"], ["DELETE", undefined]] as const) expect((await call(method, path, body)).text, `${method} ${path}`).not.toContain("alive");
        }
        expect((await call("GET", `/get-artifact?run_id=${runId}&path=${up.repeat(depth)}canary`)).text).not.toContain("alive");
      }
    }
    expect((await call("GET", `/get-artifact?run_id=${runId}&path=${encodeURIComponent(canary)}`)).text).not.toContain("alive");
    expect(readdirSync(env().dataDir)).toEqual(before);
    expect(readFileSync(canary, "utf8")).toBe("alive");
  });

  test.each(["bytes=", "bytes=-", "bytes=--1", "bytes=5-1", "bytes=0-99999999999999999999", "bytes=-0", "bytes=0-,0-,0-,0-", "bytes=a-b", "items=0-1", "bytes = 0 - 1", "2000 of them"])("the range %s gets the file, a part of it, or a plain no", async (range) => {
    await call("PUT", `${root}/ranged`, "abcdefghij");
    const answer = await call("GET", `${root}/ranged`, undefined, { Range: range === "2000 of them" ? `bytes=${Array(2000).fill("0-0").join(",")}` : range });
    expect([200, 206, 416]).toContain(answer.status);
    if (answer.status === 200) expect(answer.text).toBe("abcdefghij");
  });
});
