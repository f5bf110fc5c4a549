import { chmodSync, chownSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { env } from "@/server/env";
import { log } from "@/server/log";
import { checkingProxy, type Policy } from "./checking-proxy";

export type { Policy } from "./checking-proxy";

/** Where shims bring what their steps want from outside. */
export const egressSocketPath = (): string => join(env().dataDir, "run", "egress.sock");

/** The first line of each connection of a shim. Project code cannot write it: it reaches its shim's socket only. */
export const prefaceOf = (policy: Policy): string => `${JSON.stringify(policy)}\n`;

const prefaceMax = 4096;

const proxy = checkingProxy(({ jobId, host, port, refused, bytes }) => {
  if (refused) log.info({ jobId, host, port, refused: refused.trim() }, "a way out was refused");
  else log.debug({ jobId, host, port, bytes }, "a way out was used");
});

export type OpenGate = { close: () => Promise<void> };

/** Opens the runner's checking proxy, the only way out of a sandbox. For our own uid alone. */
export function startProxy(): Promise<OpenGate> {
  return listenAt(egressSocketPath(), null, (socket) => {
    let head = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), 10_000);
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\n");
      if (end < 0) {
        if (head.length > prefaceMax) socket.destroy();
        return;
      }
      clearTimeout(timer);
      socket.removeListener("data", read);
      socket.pause();
      try {
        // From a shim of ours, over a socket that only our uid opens.
        const policy = JSON.parse(head.subarray(0, end).toString()) as Policy;
        const rest = head.subarray(end + 1);
        if (rest.length > 0) socket.unshift(rest);
        proxy.accept(socket, policy);
        socket.resume();
      } catch {
        socket.destroy();
      }
    };
    socket.on("data", read);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => clearTimeout(timer));
  });
}

/** A socket of its own for one build, with its policy; handed to the uid that the build runs under. */
export function openGate(path: string, policy: Policy, uid: number | null): Promise<OpenGate> {
  return listenAt(path, uid, (socket) => proxy.accept(socket, policy));
}

async function listenAt(path: string, uid: number | null, onSocket: (socket: Socket) => void): Promise<OpenGate> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  // A socket's path ends at 107 bytes, the folder's own may be longer.
  const folder = openSync(dirname(path), "r");
  try {
    await new Promise<void>((done, fail) => server.once("error", fail).listen(`/proc/self/fd/${folder}/${basename(path)}`, done));
  } finally {
    closeSync(folder);
  }
  server.on("error", (error) => log.info({ error: String(error) }, "the way out of sandboxes had an error"));
  chmodSync(path, 0o600);
  if (uid !== null) chownSync(path, uid, uid);
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
        rmSync(path, { force: true });
      }),
  };
}
