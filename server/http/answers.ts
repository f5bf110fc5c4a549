import type { IncomingMessage, ServerResponse } from "node:http";
import { asDomainError, errorTable } from "../errors";
import { log } from "../log";

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  if (res.headersSent) return;
  res.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
  res.end(JSON.stringify(body));
}

/** A path as it may stand in a log: what follows /share/, /login/ and /join/ opens something. */
export const loggedPath = (url = ""): string => url.split("?")[0]?.replace(/^\/(share|login|join)\/.*/, "/$1/…") ?? "";

/** Whatever was thrown, in MLflow's envelope; a bug is logged and told without its inside. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const domain = asDomainError(error);
  const row = errorTable[domain?.kind ?? "internal"];
  if (!domain) log.error({ err: error, path: loggedPath(req.url) }, "a request broke");
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (domain?.kind === "unavailable") res.setHeader("Retry-After", "2");
  if (domain?.kind === "unauthenticated") res.setHeader("WWW-Authenticate", 'Basic realm="mlflow"');
  sendJson(res, row.http, {
    error_code: domain?.errorCode ?? row.mlflow,
    message: domain?.message ?? "Something on the server broke; it was written to its log.",
    ...(domain?.problems.length ? { problems: domain.problems } : {}),
  });
}

/** The whole body. @throws Error with code ERR_TOO_LARGE past the cap. */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw Object.assign(new Error("the body is too large"), { code: "ERR_TOO_LARGE" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
