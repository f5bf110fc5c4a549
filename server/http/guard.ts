import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { env } from "../env";

/*
 * What is true of every request before any door sees it: an exact Host (DNS rebinding), our own Origin for whatever changes
 * something (CSRF, also between ports of one host), and the headers that keep pages unframed and scripts our own.
 */

let hosts: Set<string> | undefined;
function allowedHosts(): Set<string> {
  if (hosts) return hosts;
  const { port, host, publicUrl } = env();
  hosts = new Set([new URL(publicUrl).host, `${host}:${port}`]);
  for (const name of ["127.0.0.1", "localhost", "[::1]"]) hosts.add(`${name}:${port}`);
  return hosts;
}

export const isHostAllowed = (req: IncomingMessage): boolean => allowedHosts().has((req.headers.host ?? "").toLowerCase());

/** An Origin that is absent (clients, plain navigation) or our own. Requests that carry a client's token need none. */
export function isOriginAllowed(req: IncomingMessage): boolean {
  const origin = req.headers.origin;
  if (origin === undefined) return req.headers["sec-fetch-site"] !== "cross-site" || req.headers["sec-fetch-mode"] === "navigate";
  try {
    const { protocol, host } = new URL(origin);
    return (protocol === "http:" || protocol === "https:") && allowedHosts().has(host.toLowerCase());
  } catch {
    return false;
  }
}

export const changesSomething = (req: IncomingMessage): boolean => !["GET", "HEAD", "OPTIONS"].includes(req.method ?? "GET");

/** Sets the headers of every answer; Next reads the nonce from the request and puts it on its scripts. */
export function setSecurityHeaders(req: IncomingMessage, res: ServerResponse): void {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${env().isDev ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self'${env().isDev ? " ws:" : ""}`,
    "frame-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  req.headers["content-security-policy"] = policy;
  res.setHeader("Content-Security-Policy", policy);
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("X-Frame-Options", "DENY");
  res.setHeader("Referrer-Policy", "no-referrer");
  res.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  res.setHeader("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
}
