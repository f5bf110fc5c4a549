import type { ServerOptions } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Registry searches come with their filters in the URL; MLflow's own server takes as much. */
export const httpOptions: ServerOptions = { maxHeaderSize: 64 * 1024 };

const answers: Record<string, [status: string, message: string]> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The request's URL and headers are larger than 64 KiB. Send what you ask in a body where the endpoint takes one."],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request's headers did not arrive in time."],
};

/** For a server's "clientError": what is no HTTP is told so in MLflow's envelope too, and the connection ends. */
export function answerBadHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  // An answer that is under way already must not get another one into its middle.
  const { _httpMessage: current } = socket as Duplex & { _httpMessage?: { headersSent: boolean } | null };
  if (error.code === "ECONNRESET" || !socket.writable || current?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, message] = answers[error.code ?? ""] ?? ["400 Bad Request", "This is no HTTP request that can be read."];
  const body = JSON.stringify({ error_code: "INVALID_PARAMETER_VALUE", message });
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  // Who goes on sending is not listened to for long.
  if (socket instanceof Socket) socket.setTimeout(2_000, () => socket.destroy());
}
