import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isForbiddenAddress } from "@/server/addresses";
import { openGate, type OpenGate } from "./index";

const dir = mkdtempSync(join(tmpdir(), "flowbook-proxy-"));
let registry: Server;
let port = 0;
let build: OpenGate;
let open: OpenGate;

beforeAll(async () => {
  registry = createServer((from, to) => to.end(`${from.method} ${from.url} ${from.headers.host} ${from.headers["proxy-authorization"] ?? "-"}`)).listen(0, "127.0.0.1");
  await new Promise((done) => registry.once("listening", done));
  const address = registry.address();
  port = typeof address === "object" && address ? address.port : 0;
  build = await openGate(join(dir, "build.sock"), { jobId: "b", policy: "build", hosts: [{ host: "127.0.0.1", port }] }, null);
  open = await openGate(join(dir, "open.sock"), { jobId: "o", policy: "internet" }, null);
});

afterAll(async () => {
  registry.close();
  await build.close();
  await open.close();
  rmSync(dir, { recursive: true, force: true });
});

function get(socketPath: string, url: string): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    request({ socketPath, path: url, headers: { "proxy-authorization": "x", host: "h" } }, (answer) => {
      let body = "";
      answer.on("data", (chunk) => {
        body += chunk;
      });
      answer.on("end", () => done({ status: answer.statusCode ?? 0, body }));
    }).on("error", fail).end();
  });
}

function tunnel(socketPath: string, target: string, then: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(socketPath, () => socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`));
    let said = "";
    socket.on("data", (chunk) => {
      if (said === "" && chunk.toString().startsWith("HTTP/1.1 200")) socket.write(then);
      said += chunk;
    });
    socket.on("close", () => done(said));
    socket.on("error", fail);
  });
}

test("a build reaches the operator's own registry, wherever it stands, and nothing else", async () => {
  expect(await get(join(dir, "build.sock"), `http://127.0.0.1:${port}/simple/?a=1`)).toEqual({ status: 200, body: `GET /simple/?a=1 127.0.0.1:${port} -` });
  expect(await tunnel(join(dir, "build.sock"), `127.0.0.1:${port}`, "GET /x HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n")).toMatch(/200 Connection established[\s\S]*GET \/x r/);
  expect(await get(join(dir, "build.sock"), `http://localhost:${port}/`)).toMatchObject({ status: 403 });
  expect(await tunnel(join(dir, "build.sock"), "example.org:443", "")).toMatch(/^HTTP\/1\.1 403/);
});

test("a step reaches neither this machine nor another port", async () => {
  expect(await get(join(dir, "open.sock"), `http://127.0.0.1:${port}/`)).toMatchObject({ status: 403, body: expect.stringContaining("only HTTP on port 80 and HTTPS on port 443") });
  expect(await get(join(dir, "open.sock"), "http://localhost/")).toEqual({ status: 403, body: "localhost is not a public address; a step may reach public ones only.\n" });
  expect(await tunnel(join(dir, "open.sock"), "2130706433:443", "")).toMatch(/^HTTP\/1\.1 403/);
  expect(await get(join(dir, "open.sock"), "/no-host")).toMatchObject({ status: 400 });
});

test("which addresses are public", () => {
  const local = ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.2", "169.254.169.254", "172.31.255.255", "192.168.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "2002:7f00:1::", "2001:0:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1", "not an address", ""];
  expect(local.filter((address) => !isForbiddenAddress(address))).toEqual([]);
  expect(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111"].filter(isForbiddenAddress)).toEqual([]);
});
