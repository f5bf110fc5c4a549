import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, inject, test } from "vitest";
import { apiOf } from "../support/api";

/* HTTP as clients other than MLflow's speak it: written by hand to the socket, so that nothing is tidied up on the way. */

const { url } = inject("server");
const { hostname, port } = new URL(url);
const api = apiOf(url);
const own = "/api/2.0/mlflow";
let experimentId = "";
let runId = "";
let artifacts = "";

beforeAll(async () => {
  experimentId = (await api.call<{ experiment_id: string }>("POST", `${own}/experiments/create`, { name: `raw-${Date.now()}` })).experiment_id;
  runId = (await api.call<{ run: { info: { run_id: string } } }>("POST", `${own}/runs/create`, { experiment_id: experimentId, start_time: 1 })).run.info.run_id;
  artifacts = `/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts`;
});

type Answer = { status: number; headers: Record<string, string>; body: Buffer };

/** Sends bytes on one connection, and reads so many answers; `heads` says which of them answer HEAD, and so have no body. */
function exchange(parts: (string | Buffer)[], answers: number, { pauseMs = 0, heads = [] as number[] } = {}): Promise<{ answers: Answer[]; said: string[] }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let got = Buffer.alloc(0);
    const found: Answer[] = [];
    const said: string[] = [];
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers: found, said });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${found.length} of ${answers} answers came: ${got.subarray(0, 500)}`));
    }, 20_000);
    const read = (isEnded = false) => {
      for (;;) {
        const end = got.indexOf("\r\n\r\n");
        if (end < 0) return;
        const [first = "", ...lines] = got.subarray(0, end).toString("latin1").split("\r\n");
        const status = Number(first.split(" ")[1]);
        if (status === 100) {
          said.push(first);
          got = got.subarray(end + 4);
          continue;
        }
        const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
        const length = heads.includes(found.length) || status === 204 || status === 304 ? 0 : Number(headers["content-length"] ?? Number.NaN);
        const body = headers["transfer-encoding"] === "chunked" ? chunked(got.subarray(end + 4)) : Number.isNaN(length) ? (isEnded ? { bytes: got.subarray(end + 4), used: got.length - end - 4 } : null) : got.length >= end + 4 + length ? { bytes: got.subarray(end + 4, end + 4 + length), used: length } : null;
        if (!body) return;
        found.push({ status, headers, body: Buffer.from(body.bytes) });
        got = got.subarray(end + 4 + body.used);
        if (found.length === answers) return done();
      }
    };
    socket.on("data", (data: Buffer) => {
      got = Buffer.concat([got, data]);
      read();
    });
    socket.once("error", reject);
    socket.once("close", () => {
      // Without a length the body ends with the connection.
      read(true);
      done();
    });
    void (async () => {
      for (const part of parts) {
        socket.write(part);
        if (pauseMs) await new Promise((r) => setTimeout(r, pauseMs));
      }
    })();
  });
}

/** The bytes of a whole chunked body, or null when it is not all there. */
function chunked(from: Buffer): { bytes: Buffer; used: number } | null {
  const bytes: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = from.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = Number.parseInt(from.subarray(at, line).toString(), 16);
    if (from.length < line + 2 + size + 2) return null;
    bytes.push(from.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
    if (size === 0) return { bytes: Buffer.concat(bytes), used: at };
  }
}

const head = (method: string, path: string, headers: Record<string, string | number> = {}) =>
  `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const raw = JSON.stringify(body);
  return head("POST", `${own}/${path}`, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(raw), ...headers }) + raw;
};
const one = async (...parts: (string | Buffer)[]) => (await exchange(parts, 1)).answers[0] as Answer;
const json = (answer: Answer | undefined) => JSON.parse(answer?.body.toString() ?? "null") as Record<string, never>;

test("requests that are sent without waiting are answered in their order, and all stored", async () => {
  const metrics = Array.from({ length: 30 }, (_, i) => post("runs/log-metric", { run_id: runId, key: "piped", value: i, timestamp: i, step: i }));
  const { answers } = await exchange([metrics.join("") + head("GET", "/health") + head("GET", "/version")], 32);
  expect(answers.map((a) => a.status)).toEqual(Array(32).fill(200));
  expect(answers.slice(30).map((a) => a.body.toString())).toEqual(["OK", "3.17.2"]);
  const history = await one(head("GET", `${own}/metrics/get-history?run_id=${runId}&metric_key=piped`));
  expect((json(history) as { metrics?: { step: number }[] }).metrics?.map((m) => m.step)).toEqual(Array.from({ length: 30 }, (_, i) => i));
});

test("a request in pieces, down to single bytes, is one request", async () => {
  const text = post("runs/set-tag", { run_id: runId, key: "pieces", value: "ü ✓" });
  const bytes = Buffer.from(text);
  const { answers } = await exchange([...bytes.subarray(0, 40)].map((b) => Buffer.from([b])).concat([bytes.subarray(40, -3), bytes.subarray(-3)]), 1, { pauseMs: 2 });
  expect(answers[0]?.status).toBe(200);
  expect((await api.run(runId)).data.tags?.find((t) => t.key === "pieces")?.value).toBe("ü ✓");
});

test("JSON and artifacts may come in chunks of no announced length", async () => {
  const body = JSON.stringify({ run_id: runId, key: "chunked", value: "yes" });
  const chunks = (data: Buffer, size: number) => Buffer.concat([...Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size)).flatMap((c) => [Buffer.from(`${c.length.toString(16)}\r\n`), c, Buffer.from("\r\n")]), Buffer.from("0\r\n\r\n")]);
  expect((await one(head("POST", `${own}/runs/log-parameter`, { "Content-Type": "application/json", "Transfer-Encoding": "chunked" }), chunks(Buffer.from(body), 7))).status).toBe(200);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  expect((await one(head("PUT", `${artifacts}/chunked.bin`, { "Transfer-Encoding": "chunked" }), chunks(bytes, 40_000))).status).toBe(200);
  expect((await one(head("GET", `${artifacts}/chunked.bin`))).body.equals(bytes)).toBe(true);
});

test("Expect: 100-continue is told to go on, and then answered", async () => {
  const { answers, said } = await exchange([head("PUT", `${artifacts}/expected.txt`, { "Content-Length": 5, Expect: "100-continue" }), "hello"], 1, { pauseMs: 200 });
  expect(said).toEqual(["HTTP/1.1 100 Continue"]);
  expect(answers[0]?.status).toBe(200);
  expect((await one(head("GET", `${artifacts}/expected.txt`))).body.toString()).toBe("hello");
});

test("HEAD has GET's headers and no body, and the connection goes on", async () => {
  await one(head("PUT", `${artifacts}/head.txt`, { "Content-Length": 5 }), "hello");
  const { answers } = await exchange([head("HEAD", `${artifacts}/head.txt`) + head("HEAD", `${own}/runs/get?run_id=${runId}`) + head("GET", "/version")], 3, { heads: [0, 1] });
  expect(answers.map((a) => a.status)).toEqual([200, 200, 200]);
  expect(answers[0]?.headers["content-length"]).toBe("5");
  expect(answers[1]?.headers["content-type"]).toBe("application/json");
  expect(answers[2]?.body.toString()).toBe("3.17.2");
});

test("ranges of an artifact: a part, an end, past the end, and nonsense", async () => {
  await one(head("PUT", `${artifacts}/range.txt`, { "Content-Length": 10 }), "0123456789");
  for (const [range, status, body, contentRange] of [
    ["bytes=2-4", 206, "234", "bytes 2-4/10"], ["bytes=7-", 206, "789", "bytes 7-9/10"], ["bytes=-3", 206, "789", "bytes 7-9/10"], ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
    ["bytes=10-12", 416, null, "bytes */10"], ["lines=1-2", 200, "0123456789", undefined],
  ] as const) {
    const answer = await one(head("GET", `${artifacts}/range.txt`, { Range: range }));
    expect([range, answer.status, answer.headers["content-range"]]).toEqual([range, status, contentRange]);
    if (body !== null) expect(answer.body.toString()).toBe(body);
  }
});

test("a compressed body is refused in the envelope, and stores nothing", async () => {
  const raw = gzipSync(JSON.stringify({ run_id: runId, key: "zipped", value: "1" }));
  const answer = await one(head("POST", `${own}/runs/log-parameter`, { "Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": raw.length }), raw);
  expect([answer.status, json(answer).error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  expect((await api.run(runId)).data.params?.some((p) => p.key === "zipped") ?? false).toBe(false);
});

test("a refused body is not taken for the next request", async () => {
  const hidden = post("runs/set-tag", { run_id: runId, key: "smuggled", value: "1" });
  const { answers } = await exchange([head("POST", `${own}/runs/set-tag`, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(hidden) }) + hidden], 2).catch(() => ({ answers: [] }));
  expect(answers.map((a) => a.status)).toEqual([400]);
  expect((await api.run(runId)).data.tags?.some((t) => t.key === "smuggled") ?? false).toBe(false);
});

test("an upload that breaks off leaves nothing", async () => {
  const socket = connect(Number(port), hostname);
  await new Promise<void>((done) => socket.write(`${head("PUT", `${artifacts}/broken.bin`, { "Content-Length": 1000 })}only this`, () => setTimeout(done, 300)));
  socket.destroy();
  expect((await one(head("GET", `${artifacts}/broken.bin`))).status).toBe(404);
});

test("HTTP/1.0 and Connection: close end the connection after the answer", async () => {
  for (const request of [`GET /health HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`, head("GET", "/health", { Connection: "close" })]) {
    const { answers } = await exchange([request], 2);
    expect(answers.map((a) => a.body.toString())).toEqual(["OK"]);
  }
});
