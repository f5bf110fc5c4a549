import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { limits } from "@/common/limits";
import { isStepRequest, resolveCtx } from "../auth";
import type { Ctx } from "../ctx";
import { asDomainError } from "../errors";
import { log } from "../log";
import { handleDocsSocket, handleLiveSocket } from "../realtime";
import { isHostAllowed, isOriginAllowed } from "./guard";

type SocketDoor = (ws: WebSocket, req: IncomingMessage, ctx: Ctx) => unknown;
const doors: Record<string, SocketDoor> = { "/ws/docs": handleDocsSocket, "/ws/live": handleLiveSocket };

/** Sockets of a share page name their link, as cookies cannot say which of two tabs asks. */
function withShareProtocol(req: IncomingMessage): void {
  const offered = (req.headers["sec-websocket-protocol"] ?? "").split(",").map((p) => p.trim());
  const share = offered.find((p) => p.startsWith("share."));
  if (share) req.headers["x-flowbook-share"] = share.slice("share.".length);
}

/** Answers upgrades: ours by path, Next's own in development, nothing else. */
export function attachSockets(server: Server, nextUpgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => unknown): void {
  const sockets = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: limits.socketMessageBytes,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  server.on("upgrade", (req, socket, head) => {
    socket.on("error", () => socket.destroy());
    const path = (req.url ?? "").split("?")[0] ?? "";
    const door = doors[path];
    if (!door) {
      if (nextUpgrade && path.startsWith("/_next/")) return nextUpgrade(req, socket, head);
      return refuse(socket, 404);
    }
    if (!isHostAllowed(req) || !isOriginAllowed(req) || isStepRequest(req.headers)) return refuse(socket, 403);
    withShareProtocol(req);
    resolveCtx({ headers: req.headers })
      .then((ctx) => {
        if (!ctx) return refuse(socket, 401);
        sockets.handleUpgrade(req, socket, head, (ws) => {
          ws.on("error", () => ws.terminate());
          void Promise.resolve(door(ws, req, ctx)).catch((error) => {
            log.error({ err: error, path }, "a socket broke");
            ws.close(1011);
          });
        });
      })
      .catch((error) => refuse(socket, asDomainError(error)?.kind === "unavailable" ? 503 : 401));
  });
}

function refuse(socket: Duplex, status: number) {
  const words: Record<number, string> = { 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable" };
  socket.end(`HTTP/1.1 ${status} ${words[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
