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

/** For what changes something: an Origin that is our own, or none from who is no browser, or a browser that says it is ours. */
export function isOriginAllowed(req: IncomingMessage): boolean {
  const origin = req.headers.origin;
  if (origin === undefined) return [undefined, "same-origin", "none"].includes(req.headers["sec-fetch-site"] as string | undefined);
  try {
    const { protocol, host } = new URL(origin);
    const open = new URL(env().publicUrl);
    // The plain twin of an https address may be anybody's on the way.
    if (host.toLowerCase() === open.host) return protocol === open.protocol;
    return (protocol === "http:" || protocol === "https:") && allowedHosts().has(host.toLowerCase());
  } catch {
    return false;
  }
}

/**
 * From whom a request comes. Behind a proxy that speaks https for us it is the address that this proxy added last; otherwise what the
 * client says of itself counts for nothing.
 */
export function peerOf(req: IncomingMessage): string {
  const added = env().publicUrl.startsWith("https:") ? [req.headers["x-forwarded-for"]].flat().join(",").split(",").at(-1)?.trim() : undefined;
  return added || req.socket.remoteAddress || "0.0.0.0";
}

export const changesSomething = (req: IncomingMessage): boolean => !["GET", "HEAD", "OPTIONS"].includes(req.method ?? "GET");

/** For what no page is: an answer that is opened as one may load and run nothing. */
export function setApiHeaders(res: ServerResponse): void {
  res.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("X-Frame-Options", "DENY");
  res.setHeader("Referrer-Policy", "no-referrer");
}

/** Sets the headers of every other answer; Next reads the nonce from the request and puts it on its scripts. */
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
