import type { WebSocket } from "ws";
import { asDomainError, errorTable } from "@/server/errors";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { log } from "@/server/log";
import { Bucket, socketLimits } from "./limits";

/** What both socket doors share: rates, heartbeat, the end of access, closing in order. */
export type Door = {
  send: (message: object) => void;
  sendBytes: (bytes: Uint8Array) => void;
  close: (code: number, reason: string) => void;
};

const open = new Set<WebSocket>();

/**
 * Sets up a socket: counts before anything is parsed, calls back for each message in the order of arrival, closes it
 * when its person's or link's access is announced as changed (the client comes back and is judged anew).
 */
export function openDoor(ws: WebSocket, ctx: Ctx, on: { text: (text: string) => unknown; bytes: (bytes: Uint8Array) => unknown; closed: () => void }): Door {
  const messages = new Bucket(socketLimits.messagesPerSecond, socketLimits.messagesBurst);
  const bytes = new Bucket(socketLimits.bytesPerSecond, socketLimits.bytesBurst);
  open.add(ws);
  let isAlive = true;
  let isDone = false;

  const close = (code: number, reason: string) => {
    if (ws.readyState !== ws.OPEN) return;
    // A close reason may hold 123 bytes.
    ws.close(code, Buffer.from(reason).subarray(0, 120).toString("utf8").replace(/�$/, ""));
    setTimeout(() => ws.terminate(), 2_000).unref();
  };
  const put = (data: string | Uint8Array) => {
    if (ws.readyState !== ws.OPEN) return;
    if (ws.bufferedAmount > socketLimits.bufferedBytes) return close(1013, "Too slow a reader; connect again.");
    ws.send(data);
  };

  const heartbeat = setInterval(() => {
    if (!isAlive) return ws.terminate();
    isAlive = false;
    ws.ping();
  }, socketLimits.heartbeatMs);
  ws.on("pong", () => {
    isAlive = true;
  });

  const endShare = ctx.actor.kind === "share" ? endWithShare(ctx, ctx.actor.shareId, () => close(4404, "This link opens nothing.")) : () => {};
  const stops = accessTopics(ctx).map((topic) => listen(topic, () => close(4401, "Access changed.")));

  ws.on("message", (data, isBinary) => {
    isAlive = true;
    if (ws.readyState !== ws.OPEN) return;
    const chunk = asBytes(data);
    if (!messages.take(1) || !bytes.take(chunk.byteLength)) return close(4429, "Too many messages; slow down.");
    try {
      const result = isBinary ? on.bytes(chunk) : on.text(Buffer.from(chunk).toString("utf8"));
      if (result instanceof Promise) result.catch((error) => closeWith(close, error));
    } catch (error) {
      closeWith(close, error);
    }
  });
  const done = () => {
    if (isDone) return;
    isDone = true;
    open.delete(ws);
    clearInterval(heartbeat);
    for (const stop of stops) stop();
    endShare();
    on.closed();
  };
  ws.on("close", done);
  // A broken frame, or one past the size limit: ws has already begun to close.
  ws.on("error", () => ws.terminate());

  return { send: (message) => put(JSON.stringify(message)), sendBytes: put, close };
}

/** Closes every socket of this process, for an orderly stop; clients come back by themselves. */
export function closeAllSockets(): void {
  for (const ws of open) ws.close(1012, "The server restarts.");
}

/** The kind and words of a failure as a socket tells them; a bug is logged and told without detail. */
export function tell(error: unknown): { kind: string; message: string } {
  const known = asDomainError(error);
  if (known) return { kind: known.kind, message: known.message };
  log.error({ error: error instanceof Error ? error.stack : String(error) }, "a socket message failed");
  return { kind: "internal", message: "The server met an error of its own." };
}

function closeWith(close: Door["close"], error: unknown) {
  if (error instanceof SyntaxError || error instanceof RangeError || (error instanceof Error && error.name === "ZodError")) {
    return close(errorTable.invalid.socket, "A message that this server does not know.");
  }
  const known = asDomainError(error);
  if (known) return close(errorTable[known.kind].socket, known.message);
  close(errorTable.internal.socket, tell(error).message);
}

/** Closes at the link's expiry; also when it was revoked between the resolving of the request and now. */
function endWithShare(ctx: Ctx, shareId: string, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async () => {
    const link = await ctx.db.shareLink.findUnique({ where: { id: shareId }, select: { expiresAt: true, revokedAt: true } });
    if (isStopped) return;
    const leftMs = link && !link.revokedAt ? link.expiresAt.getTime() - ctx.now().getTime() : 0;
    if (leftMs <= 0) return end();
    // setTimeout counts to 2^31 ms; a link that lives longer is looked at again.
    timer = setTimeout(() => void look().catch(end), Math.min(leftMs, 86_400_000));
    timer.unref();
  };
  void look().catch(end);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function accessTopics(ctx: Ctx): string[] {
  if (ctx.actor.kind === "user") return [`access:${ctx.actor.userId}`];
  if (ctx.actor.kind === "share") return [`share:${ctx.actor.shareId}`];
  return [];
}

function asBytes(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
