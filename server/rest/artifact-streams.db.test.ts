import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { getStore } from "@/server/storage";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../domain/experiments";
import { createRun } from "../domain/runs";
import { handleMlflow } from ".";

/* Callers that hang up, say one size and send another, or send too much, over real sockets. */

const MiB = 1024 * 1024;
let ctx: Ctx;
let server: Server;
let port: number;
let root: string;

beforeAll(async () => {
  ctx = await aWorkspace();
  const { experimentId } = await createExperiment(ctx, { name: "e" });
  const { id } = await createRun(ctx, { experimentId });
  root = `/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${id}/artifacts`;
  server = createServer((req, res) => void handleMlflow(req, res, ctx));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function ask(method: string, path: string, headers: Record<string, string | number> = {}) {
  const req = request({ host: "127.0.0.1", port, method, path: `${root}/${path}`, headers });
  const answer = new Promise<IncomingMessage>((done, fail) => req.once("response", done).once("error", fail));
  answer.catch(() => {}); // some hang up on purpose
  return { req, answer };
}

async function put(path: string, bytes: Buffer, headers: Record<string, string | number> = { "Content-Length": bytes.length }) {
  const { req, answer } = ask("PUT", path, headers);
  req.end(bytes);
  const res = await answer;
  const text = (await buffer(res)).toString();
  return { status: res.statusCode, text };
}

async function get(path: string, headers: Record<string, string> = {}, method = "GET") {
  const { req, answer } = ask(method, path, headers);
  req.end();
  const res = await answer;
  return { status: res.statusCode, headers: res.headers, bytes: await buffer(res) };
}

async function keys(): Promise<number> {
  let n = 0;
  for await (const page of getStore().list({ except: [] })) n += page.length;
  return n;
}
const unfinished = async () => (await getStore().sweepUnfinished({ before: new Date(Date.now() + 60_000), isDryRun: true })).count;

test("large bodies come back as they were, with a length and without, whole and in part", async () => {
  const bytes = randomBytes(5 * MiB + 3);
  expect((await put("sized", bytes)).status).toBe(200);
  expect((await put("chunked", bytes, { "Transfer-Encoding": "chunked" })).status).toBe(200);
  for (const path of ["sized", "chunked"]) expect((await get(path)).bytes.equals(bytes), path).toBe(true);
  const part = await get("sized", { Range: `bytes=${MiB}-${4 * MiB}` });
  expect(part.status).toBe(206);
  expect(part.headers["content-range"]).toBe(`bytes ${MiB}-${4 * MiB}/${bytes.length}`);
  expect(part.bytes.equals(bytes.subarray(MiB, 4 * MiB + 1))).toBe(true);
  expect((await get("sized", { Range: "bytes=0-0,5-9" })).bytes.length).toBe(bytes.length);
  expect((await get("sized", { Range: `bytes=${Array.from({ length: 1_000 }, (_, i) => `${i}-${i}`).join(",")}` })).status).toBe(200);
  expect(await get("sized", { Range: `bytes=${bytes.length}-` })).toMatchObject({ status: 416, headers: { "content-range": `bytes */${bytes.length}` } });
  expect(await get("sized", {}, "HEAD")).toMatchObject({ status: 200, headers: { "content-length": String(bytes.length), "accept-ranges": "bytes" }, bytes: Buffer.alloc(0) });
});

test("an overwrite that breaks off leaves the old content, whichever way it was sent", async () => {
  await put("kept", Buffer.from("old"));
  const before = await keys();
  const ways: Record<string, string | number>[] = [{ "Content-Length": 9 * MiB }, { "Transfer-Encoding": "chunked" }];
  for (const headers of ways) {
    const { req } = ask("PUT", "kept", headers);
    await new Promise<void>((done) => req.once("error", () => done()).once("close", () => done()).write(Buffer.alloc(3 * MiB), () => setTimeout(() => req.destroy(), 30)));
  }
  await expect.poll(unfinished).toBe(0);
  expect((await get("kept")).bytes.toString()).toBe("old");
  expect(await keys()).toBe(before);
});

test("callers that hang up in the middle of a download leave the server and its files in order", async () => {
  const bytes = randomBytes(12 * MiB);
  await put("large", bytes);
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const { req, answer } = ask("GET", "large");
      req.end();
      const res = await answer;
      // Some read a little, some nothing, so that the sender is at all stages.
      if (i % 2) await new Promise((done) => res.once("data", done));
      req.destroy();
    }),
  );
  const fds = async () => (await import("node:fs/promises")).readdir("/proc/self/fd").then((all) => all.length, () => 0);
  expect((await get("large")).bytes.equals(bytes)).toBe(true);
  const open = await fds();
  await Promise.all(Array.from({ length: 20 }, async () => {
    const { req, answer } = ask("GET", "large");
    req.end();
    await answer;
    req.destroy();
  }));
  await expect.poll(fds).toBeLessThan(open + 5);
});

test("more than is allowed is refused before it is read, or when it has come", async () => {
  Object.assign(env(), { maxArtifactBytes: 2 * MiB });
  try {
    const { req, answer } = ask("PUT", "huge", { "Content-Length": 2 * MiB + 1 });
    req.write("begins");
    const res = await answer;
    expect(res.statusCode).toBe(413);
    req.destroy();
    expect(await put("huge", Buffer.alloc(3 * MiB), { "Transfer-Encoding": "chunked" })).toMatchObject({ status: 413, text: expect.stringContaining("INVALID_PARAMETER_VALUE") });
    expect((await get("huge")).status).toBe(404);
    expect((await put("fits", Buffer.alloc(2 * MiB))).status).toBe(200);
  } finally {
    Object.assign(env(), { maxArtifactBytes: 50 * 1024 ** 3 });
  }
  expect(await unfinished()).toBe(0);
});

test("bytes past the said length are no part of the file", async () => {
  const said = await new Promise<string>((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`PUT ${root}/exact HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGARBAGE\r\n\r\n`));
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString())).on("close", () => done(text));
  });
  const found = await get("exact");
  expect(said).toMatch(/^HTTP\/1\.1 (200|400) /);
  // The garbage may be met before the answer went out, and after the file was stored.
  if (found.status === 200 || said.startsWith("HTTP/1.1 200")) expect(found.bytes.toString()).toBe("hello");
});

test("nothing grows with the size of a file", async () => {
  const piece = Buffer.alloc(MiB, 1);
  const { req, answer } = ask("PUT", "grown", { "Content-Length": 192 * MiB });
  global.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  for (let i = 0; i < 192; i++) {
    if (!req.write(piece)) await new Promise((done) => req.once("drain", done));
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  req.end();
  expect((await answer).statusCode).toBe(200);
  const down = ask("GET", "grown");
  down.req.end();
  let length = 0;
  for await (const chunk of await down.answer) {
    length += (chunk as Buffer).length;
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  expect(length).toBe(192 * MiB);
  // Both ends of the wire are in this process; a copy of the file would be 192.
  expect((peak - before) / MiB).toBeLessThan(96);
});
