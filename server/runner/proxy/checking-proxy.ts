import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { checkedAddresses } from "@/server/addresses";

/** Where a client of the proxy may go. `jobId` counts and names it. */
export type Policy =
  | { jobId: string; policy: "internet" }
  /** Package registries only: those that the operator has set up, wherever they are, and the well-known ones. */
  | { jobId: string; policy: "build"; hosts: { host: string; port: number }[] };

type Note = (event: { jobId: string; host: string; port: number; refused?: string; bytes?: number }) => void;

const connectWaitMs = 20_000;
const idleMs = 5 * 60_000;
const lifeMs = 6 * 60 * 60_000;
const connectionBytesMax = 100 * 1024 ** 3;
const connectionsMax = 128;
const hopHeaders = ["connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

class Refusal extends Error {}

/** An HTTP proxy that resolves, checks and dials by itself. Give it connections by `accept`, each with its policy. */
export function checkingProxy(note: Note): { accept: (socket: Socket, policy: Policy) => void; server: NetServer } {
  const policies = new WeakMap<Duplex, Policy>();
  const counts = new Map<string, number>();
  const server = createHttpServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 15_000, maxHeaderSize: 64 * 1024 });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("request", (from, to) => void forward(from, to));
  server.on("connect", (from: IncomingMessage, socket: Duplex, head: Buffer) => void tunnel(from, socket, head));
  server.on("upgrade", (_from, socket) => socket.destroy());

  function accept(socket: Socket, policy: Policy) {
    const count = (counts.get(policy.jobId) ?? 0) + 1;
    if (count > connectionsMax) {
      socket.end("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    counts.set(policy.jobId, count);
    policies.set(socket, policy);
    const life = setTimeout(() => socket.destroy(), lifeMs);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(life);
      const left = (counts.get(policy.jobId) ?? 1) - 1;
      if (left > 0) counts.set(policy.jobId, left);
      else counts.delete(policy.jobId);
    });
    server.emit("connection", socket);
  }

  async function tunnel(from: IncomingMessage, socket: Duplex, head: Buffer) {
    const policy = policies.get(socket);
    const { host, port } = splitAuthority(from.url ?? "", 443);
    socket.on("error", () => socket.destroy());
    if (!policy) return socket.destroy();
    let upstream: Socket;
    try {
      upstream = await dial(policy, host, port, 443);
    } catch (error) {
      const { status, words } = answerTo(error, host);
      note({ jobId: policy.jobId, host, port, refused: words });
      socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(words)}\r\nConnection: close\r\n\r\n${words}`);
      return;
    }
    const done = () => {
      note({ jobId: policy.jobId, host, port, bytes: upstream.bytesRead });
      socket.destroy();
    };
    upstream.on("close", done);
    upstream.on("error", () => upstream.destroy());
    upstream.setTimeout(idleMs, () => upstream.destroy());
    socket.on("close", () => upstream.destroy());
    cap(upstream);
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  }

  async function forward(from: IncomingMessage, to: ServerResponse) {
    const policy = policies.get(from.socket);
    const refuse = (status: number, words: string) => to.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(words);
    if (!policy) return void from.destroy();
    let url: URL;
    try {
      url = new URL(from.url ?? "");
      if (url.protocol !== "http:") throw new Error("not http");
    } catch {
      return void refuse(400, "This is a proxy: it wants http://host/path, or CONNECT host:443.\n");
    }
    const port = url.port === "" ? 80 : Number(url.port);
    let socket: Socket;
    try {
      socket = await dial(policy, url.hostname, port, 80);
    } catch (error) {
      const { status, words } = answerTo(error, url.hostname);
      note({ jobId: policy.jobId, host: url.hostname, port, refused: words });
      return void refuse(Number.parseInt(status, 10), words);
    }
    const headers: NodeJS.Dict<string | string[]> = { ...from.headers, host: url.host, connection: "close" };
    for (const name of hopHeaders) if (name !== "connection") delete headers[name];
    const upstream = request({ createConnection: () => socket, method: from.method, path: `${url.pathname}${url.search}`, headers });
    cap(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    upstream.on("response", (answer) => {
      const answerHeaders = { ...answer.headers };
      for (const name of hopHeaders) delete answerHeaders[name];
      to.writeHead(answer.statusCode ?? 502, answerHeaders);
      answer.pipe(to);
      answer.on("error", () => to.destroy());
      answer.on("end", () => note({ jobId: policy.jobId, host: url.hostname, port, bytes: socket.bytesRead }));
    });
    upstream.on("error", () => (to.headersSent ? to.destroy() : refuse(502, `${url.hostname} closed the connection.\n`)));
    to.on("close", () => socket.destroy());
    from.pipe(upstream);
  }

  return { accept, server };
}

/** A connection to the very address that was checked. */
async function dial(policy: Policy, host: string, port: number, usualPort: number): Promise<Socket> {
  let mayBePrivate = false;
  if (host === "") throw new Refusal("CONNECT wants host:port.\n");
  if (policy.policy === "build") {
    const isListed = policy.hosts.some((h) => h.port === port && h.host === host.toLowerCase());
    if (!isListed) throw new Refusal(`While an environment is built only package registries can be reached; ${host}:${port} is none that this server knows.\n`);
    mayBePrivate = true;
  } else if (port !== usualPort) {
    throw new Refusal(`Port ${port} cannot be reached from a step: only HTTP on port 80 and HTTPS on port 443.\n`);
  }
  const addresses = await checkedAddresses(host, { mayBePrivate });
  let last: unknown = new Error("no address");
  for (const address of addresses.slice(0, 4)) {
    try {
      return await connectTo(address, port);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function connectTo(address: string, port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ host: address, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error("it did not answer in time")), connectWaitMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", fail);
      done(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
  });
}

function cap(upstream: Socket) {
  const check = setInterval(() => {
    if (upstream.bytesRead + upstream.bytesWritten > connectionBytesMax) upstream.destroy();
  }, 5_000);
  check.unref();
  upstream.on("close", () => clearInterval(check));
}

function answerTo(error: unknown, host: string): { status: string; words: string } {
  if (error instanceof Refusal) return { status: "403 Forbidden", words: error.message };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EREFUSED") return { status: "403 Forbidden", words: `${host} is not a public address; a step may reach public ones only.\n` };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { status: "502 Bad Gateway", words: `There is no host ${host}.\n` };
  return { status: "502 Bad Gateway", words: `${host} cannot be reached: ${message}.\n` };
}

function splitAuthority(text: string, usualPort: number): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:@/\s]+)(?::(\d{1,5}))?$/.exec(text);
  return { host: match?.[1] ?? "", port: Number(match?.[2] ?? usualPort) };
}
