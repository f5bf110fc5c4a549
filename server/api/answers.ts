import type { IncomingMessage, ServerResponse } from "node:http";
import { asDomainError, errorTable } from "../errors";
import { log } from "../log";

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  if (res.headersSent) return;
  const bytes = Buffer.from(JSON.stringify(body), "utf8");
  res.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "Content-Length": bytes.length, "Cache-Control": "no-store" });
  res.end(bytes);
}

/** MLflow's error envelope, with `problems` beside it. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const domain = asDomainError(error);
  const row = errorTable[domain?.kind ?? "internal"];
  if (!domain) log.error({ err: error, method: req.method, path: req.url?.split("?")[0] }, "a call broke");
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (domain?.kind === "unavailable") res.setHeader("Retry-After", "2");
  if (!req.complete) letSenderFinish(req);
  sendJson(res, row.http, {
    error_code: domain?.errorCode ?? row.mlflow,
    message: domain?.message ?? "Something on the server broke; it was written to its log.",
    ...(domain?.problems.length ? { problems: domain.problems } : {}),
  });
}

const patienceMs = 15_000;

/**
 * Many clients read the answer only when they have sent everything, so the connection is not closed on them: what they send is
 * thrown away for a while, then they are cut off.
 */
function letSenderFinish(req: IncomingMessage) {
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, patienceMs);
  timer.unref();
  req.on("close", () => clearTimeout(timer));
  req.on("error", () => {});
  req.resume();
}
