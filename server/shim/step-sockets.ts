import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { Agent, createServer as createHttpServer, type IncomingMessage, request, type Server as HttpServer, type ServerResponse } from "node:http";
import { createConnection, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import type { ShimSpec } from "@/common/shim";

/** What a hop keeps to itself, and what only the shim may say. */
const dropped = new Set(["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host", "authorization", "cookie"]);

/**
 * What a step connects to. The tracking socket is an HTTP proxy to the tracking server that says who the step is; the egress socket
 * leads to the runner's checking proxy. Paths are relative to the job's folder, as a socket's path ends at 107 bytes.
 *
 * @returns the loopback port, where one was asked for
 */
export async function openStepSockets(spec: ShimSpec): Promise<number | null> {
  mkdirSync("sock", { recursive: true, mode: 0o755 });
  let port: number | null = null;
  if (spec.tracking) {
    const tracking = trackingServer(spec.tracking);
    await listenAt(tracking, "sock/tracking.sock", spec.socketUid);
    if (spec.trackingTcp) {
      const tcp = trackingServer(spec.tracking);
      await new Promise<void>((done, fail) => tcp.once("error", fail).listen(0, "127.0.0.1", done));
      const address = tcp.address();
      port = typeof address === "object" && address ? address.port : null;
    }
  }
  if (spec.egress) await listenAt(egressServer(spec.egress), "sock/egress.sock", spec.socketUid);
  return port;
}

async function listenAt(server: Server | HttpServer, path: string, uid: number | null) {
  rmSync(path, { force: true });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(path, done));
  server.on("error", () => {});
  chmodSync(path, 0o600);
  if (uid !== null) chownSync(path, uid, uid);
}

function trackingServer({ host, port, authorization }: NonNullable<ShimSpec["tracking"]>): HttpServer {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, keepAliveMsecs: 1_000, timeout: 60_000 });
  const server = createHttpServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 30_000 }, (from, to) => void forward(from, to));
  server.on("clientError", (_error, socket) => socket.destroy());
  // MLflow's client tries a 503 seven times, and waits no longer than a Retry-After says: holding its request meanwhile is what makes
  // it outlast a restart of the tracking server by minutes, and go on at once when that is back.
  let isAway = false;
  return server;

  async function forward(from: IncomingMessage, to: ServerResponse) {
    if (isAway) isAway = !(await isBack(host, port, to));
    if (isAway) {
      away(to);
      from.resume();
      return;
    }
    const named = new Set((from.headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
    const headers: Record<string, string | string[]> = { host: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`, authorization };
    for (const [name, value] of Object.entries(from.headers)) {
      if (value !== undefined && !dropped.has(name) && !named.has(name) && !name.startsWith("x-forwarded-")) headers[name] = value;
    }
    const isChunked = from.headers["transfer-encoding"] !== undefined;
    if (isChunked) {
      delete headers["content-length"];
      headers["transfer-encoding"] = "chunked";
    }
    const upstream = request({ host, port, method: from.method, path: from.url, headers, agent });
    upstream.on("response", (answer) => {
      const answerHeaders = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name === "transfer-encoding" || !dropped.has(name)));
      to.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders);
      answer.pipe(to);
      answer.on("error", () => to.destroy());
    });
    upstream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") isAway = true;
      if (to.headersSent) to.destroy();
      else away(to);
      from.resume();
    });
    to.on("close", () => {
      if (!to.writableFinished) upstream.destroy();
    });
    from.on("error", () => upstream.destroy());
    if (from.headers["content-length"] !== undefined || isChunked) from.pipe(upstream);
    else upstream.end();
  }
}

const holdMs = 25_000;

/** Waits for the tracking server to listen again; false when the time is over or the client has gone. */
async function isBack(host: string, port: number, to: ServerResponse): Promise<boolean> {
  for (const until = Date.now() + holdMs; Date.now() < until && !to.destroyed; await new Promise((done) => setTimeout(done, 200))) {
    const isOpen = await new Promise<boolean>((done) => {
      const probe = createConnection({ host, port });
      probe.once("connect", () => done(true));
      probe.once("error", () => done(false));
      probe.once("connect", () => probe.destroy());
    });
    if (isOpen) return true;
  }
  return false;
}

function away(to: ServerResponse) {
  const body = JSON.stringify({ error_code: "TEMPORARILY_UNAVAILABLE", message: "The tracking server is away for a moment." });
  to.writeHead(503, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "retry-after": "1", connection: "close" }).end(body);
}

function egressServer({ socketPath, preface }: NonNullable<ShimSpec["egress"]>): Server {
  const server = createServer({ allowHalfOpen: true }, async (from) => {
    from.on("error", () => from.destroy());
    try {
      // The proxy starts anew with the runner: the folder is opened for each connection.
      const folder = await open(dirname(socketPath), "r");
      const to = createConnection({ path: `/proc/self/fd/${folder.fd}/${socketPath.slice(dirname(socketPath).length + 1)}`, allowHalfOpen: true });
      const done = () => void folder.close().catch(() => {});
      to.once("connect", () => {
        done();
        to.write(preface);
        from.pipe(to);
        to.pipe(from);
      });
      to.once("error", () => {
        done();
        if (!from.destroyed && from.bytesWritten === 0) from.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else from.destroy();
      });
      from.on("close", () => to.destroy());
      to.on("close", () => from.destroySoon());
    } catch {
      from.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
  });
  return server;
}
