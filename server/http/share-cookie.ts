import type { IncomingMessage, ServerResponse } from "node:http";
import { env } from "../env";

/**
 * Opening /share/{token} leaves the token in a cookie, so that the page's pictures, downloads and sockets (which carry no
 * header of ours) act as that link. It opens nothing more than the address did.
 */
export function setShareCookie(_req: IncomingMessage, res: ServerResponse, path: string): void {
  const token = path.split("/")[2] ?? "";
  if (!/^[\w-]{10,200}$/.test(token)) return;
  const secure = env().publicUrl.startsWith("https:") ? "; Secure" : "";
  res.appendHeader("Set-Cookie", `flowbook_share=${token}; Path=/; HttpOnly; SameSite=Lax${secure}`);
  res.setHeader("X-Robots-Tag", "noindex");
}
