import { createHmac } from "node:crypto";
import { request } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { addressesOf } from "./check";

export type SendOptions = {
  /** Hosts that may be inside the server's own network, as FLOWBOOK_WEBHOOK_HOSTS has them. */
  allowedHosts: string[];
  /** From the first look-up to the answer's end. */
  timeoutMs?: number;
  /** Who vouches for the other side, instead of the system's authorities. */
  ca?: string;
};
export type Message = { deliveryId: string; body: string; secret: string | null; at: Date };
export type Sent = { status: number; body: string; retryAfterMs?: number };

const maxAnswerBytes = 64 * 1024;

/** What the receiver checks: HMAC-SHA256 of `delivery id . seconds . body`. */
export const signatureOf = (secret: string, deliveryId: string, timestamp: string, body: string): string =>
  `v1,${createHmac("sha256", secret).update(`${deliveryId}.${timestamp}.${body}`).digest("base64")}`;

/**
 * Posts a message once. The host's addresses are looked up and checked here, and one of exactly these is dialled: a name that leads
 * elsewhere the next moment gains nothing. Redirects are not followed.
 *
 * @throws Error with `code` EREFUSED for a host that may not be told, else what the network said.
 */
export async function sendMessage(address: string, message: Message, { allowedHosts, timeoutMs = 30_000, ca }: SendOptions): Promise<Sent> {
  const url = new URL(address);
  if (url.protocol !== "https:") throw Object.assign(new Error("webhooks are told by https only"), { code: "EREFUSED" });
  const deadline = AbortSignal.timeout(timeoutMs);
  const addresses = (await addressesOf(url, allowedHosts)).map((a) => ({ address: a, family: isIP(a) }));
  const lookup: LookupFunction = (_host, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, addresses);
    else done(null, first?.address ?? "", first?.family);
  };
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const body = Buffer.from(message.body);
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    "User-Agent": "Flowbook",
    "X-MLflow-Delivery-Id": message.deliveryId,
    "X-MLflow-Timestamp": timestamp,
    ...(message.secret ? { "X-MLflow-Signature": signatureOf(message.secret, message.deliveryId, timestamp, message.body) } : {}),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(deadline.aborted ? Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }) : error);
    // A connection of its own: one that is kept could have been opened for another host.
    const req = request(url, { method: "POST", headers, agent: false, lookup, signal: deadline, ...(ca === undefined ? {} : { ca }) }, (res) => {
      const parts: Buffer[] = [];
      let size = 0;
      const finish = () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8"), ...retryAfter(res.headers["retry-after"]) });
      res.on("data", (part: Buffer) => {
        size += part.length;
        if (size <= maxAnswerBytes) parts.push(part);
        else {
          finish();
          res.destroy();
        }
      });
      res.on("end", finish);
      res.on("error", fail);
    });
    req.on("error", fail);
    req.end(body);
  });
}

function retryAfter(header: string | undefined): { retryAfterMs?: number } {
  const seconds = Number(header);
  return header && Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
}
