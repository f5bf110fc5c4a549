import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** An answer that says no, with MLflow's code. */
export class RestError extends Error {
  override readonly name = "RestError";
  constructor(
    readonly status: number,
    readonly errorCode: string,
    message: string,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | undefined>;
type Send = { method: string; path: string; query?: Query; body?: unknown };

const tries = 6;
const passing = new Set([408, 429, 500, 502, 503, 504]);
const idleTimeoutMs = 120_000;

/**
 * Speaks MLflow's REST API to one tracking server. A base path in its address is kept; a name and password in it, or
 * MLFLOW_TRACKING_USERNAME, _PASSWORD and _TOKEN as `auth`, sign in. What may pass by itself is tried again.
 */
export class RestClient {
  readonly label: string;
  private readonly base: URL;
  private readonly headers: Record<string, string>;

  constructor(uri: string, auth: { username?: string; password?: string; token?: string } = {}, workspace?: string) {
    this.base = new URL(uri.replace(/\/+$/, ""));
    const username = decodeURIComponent(this.base.username) || auth.username;
    const password = decodeURIComponent(this.base.password) || auth.password || "";
    this.base.username = "";
    this.base.password = "";
    this.label = this.base.href.replace(/\/$/, "");
    this.headers = {
      ...(username ? { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` } : auth.token ? { Authorization: `Bearer ${auth.token}` } : {}),
      ...(workspace ? { "X-MLFLOW-WORKSPACE": workspace } : {}),
    };
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.json<T>({ method: "GET", path, query });
  }

  send<T>(method: "POST" | "PATCH" | "DELETE", path: string, body: unknown): Promise<T> {
    return this.json<T>({ method, path, body });
  }

  /** The body of a GET as it comes. */
  async download(path: string, query: Query = {}): Promise<Readable> {
    return this.retry(() => this.open({ method: "GET", path, query }));
  }

  /** A PUT of known length; `open` is called for each try. */
  async upload(path: string, sizeBytes: number, open: () => Promise<Readable>): Promise<void> {
    await this.retry(async () => {
      const body = await open();
      let request: ClientRequest | undefined;
      try {
        const answered = new Promise<IncomingMessage>((done, fail) => {
          request = this.start("PUT", path, {}, { "Content-Type": "application/octet-stream", "Content-Length": String(sizeBytes) }, done, fail);
        });
        answered.catch(() => {});
        if (request) await pipeline(body, request);
        await readText(await accepted(await answered));
      } finally {
        body.destroy();
      }
    });
  }

  private async json<T>(send: Send): Promise<T> {
    const text = await this.retry(async () => readText(await this.open(send)));
    return parseExact(text) as T;
  }

  private async open({ method, path, query = {}, body }: Send): Promise<IncomingMessage> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body, (_key, v) => (typeof v === "bigint" ? v.toString() : v)));
    const answer = await new Promise<IncomingMessage>((done, fail) => {
      const headers: Record<string, string> = bytes ? { "Content-Type": "application/json", "Content-Length": String(bytes.length) } : {};
      this.start(method, path, query, headers, done, fail).end(bytes);
    });
    return accepted(answer);
  }

  private start(method: string, path: string, query: Query, headers: Record<string, string>, done: (answer: IncomingMessage) => void, fail: (error: Error) => void): ClientRequest {
    const url = new URL(this.base.href.replace(/\/$/, "") + path);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { method, headers: { ...this.headers, ...headers }, timeout: idleTimeoutMs }, done);
    request.on("timeout", () => request.destroy(new Error(`no answer within ${idleTimeoutMs / 1000} seconds`)));
    request.on("error", fail);
    return request;
  }

  private async retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let n = 1; ; n++) {
      try {
        return await attempt();
      } catch (error) {
        const mayPass = error instanceof RestError ? passing.has(error.status) : isNetworkError(error);
        if (!mayPass || n >= tries) throw error instanceof RestError ? error : new Error(`${this.label}: ${error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : error}`);
        await new Promise((r) => setTimeout(r, 300 * 2 ** n));
      }
    }
  }
}

const isNetworkError = (error: unknown) => /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)|hang up|no answer|aborted|premature/i.test(`${(error as NodeJS.ErrnoException).code ?? ""} ${error instanceof Error ? error.message : ""}`.trim());

async function accepted(answer: IncomingMessage): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const text = (await readText(answer)).slice(0, 2_000);
  let code = `HTTP_${status}`;
  let message = text;
  try {
    const body = JSON.parse(text) as { error_code?: string; message?: string };
    code = body.error_code ?? code;
    message = body.message ?? text;
  } catch {
    // not MLflow's envelope: a proxy's page, or an old server's text
  }
  throw new RestError(status, code, `${code}: ${message}`);
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A string that never ends is one token as well. */
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON whose integers of 16 digits and more come as strings of digits, so that steps up to 2^63-1 arrive whole. */
export function parseExact(text: string): unknown {
  if (text.trim() === "") return {};
  return JSON.parse(/[^\d.]\d{16,}[\s,}\]]/.test(text) ? text.replace(token, (t) => (/^-?\d{16,}$/.test(t) ? `"${t}"` : t)) : text);
}
