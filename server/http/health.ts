import type { IncomingMessage, ServerResponse } from "node:http";
import { getSql } from "../db";

const texts: Record<string, string> = { "/health": "OK", "/version": "3.17.2" };

/** /health, /version and /ready need no sign-in and no particular Host: probes and clients ask them first. */
export async function handleHealth(_req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  const text = texts[path];
  if (text !== undefined) {
    res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" }).end(text);
    return;
  }
  try {
    await getSql().query("SELECT 1");
    res.writeHead(200, { "Content-Type": "text/plain" }).end("ready");
  } catch {
    res.writeHead(503, { "Content-Type": "text/plain", "Retry-After": "2" }).end("The database is away.");
  }
}
