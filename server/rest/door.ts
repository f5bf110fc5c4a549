import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import { limits } from "@/common/limits";
import type { Ctx } from "@/server/ctx";
import { asDomainError, DomainError, errorTable, invalid } from "@/server/errors";
import { log } from "@/server/log";
import { withRealExperiments } from "./default-experiment";
import { type Json, parseBody, printJson } from "./json";
import { MethodNotAllowed } from "./method-not-allowed";
import { QueryValues, readInput } from "./wire/fields";

export type Answer = { [key: string]: Json };
export type Request = {
  req: IncomingMessage;
  res: ServerResponse;
  ctx: Ctx;
  /** Path parameters, decoded once. */
  params: Record<string, string>;
  query: URLSearchParams;
};
/** `schema` is there when the handler reads fields; tests make requests from it. */
export type Handler = ((request: Request) => Promise<void>) & { schema?: z.ZodType };

/** An endpoint: its schema, what it does, its JSON answer. GET reads the query, the other methods the body. */
export function endpoint<T extends z.ZodType>(schema: T, act: (ctx: Ctx, input: z.output<T>, params: Record<string, string>) => Promise<Answer>): Handler {
  const handler = async (request: Request) => {
    const input = await withRealExperiments(request.ctx, readInput(schema, await readRequest(request)));
    sendJson(request.res, 200, await act(request.ctx, input, request.params));
  };
  return Object.assign(handler, { schema });
}

/** The same for an answer that is printed already, as the large ones are. */
export function rawEndpoint<T extends z.ZodType>(schema: T, act: (ctx: Ctx, input: z.output<T>, params: Record<string, string>) => Promise<Buffer>): Handler {
  const handler = async (request: Request) => {
    const input = await withRealExperiments(request.ctx, readInput(schema, await readRequest(request)));
    sendBytes(request.res, 200, await act(request.ctx, input, request.params));
  };
  return Object.assign(handler, { schema });
}

async function readRequest({ req, query, params }: Request): Promise<Record<string, unknown>> {
  const fromQuery = queryObject(query);
  if (req.method === "GET" || req.method === "HEAD") return { ...fromQuery, ...params };
  const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if ((req.method === "POST" || req.method === "PUT") && type !== "application/json") {
    if (req.headers["content-type"] === undefined) throw invalid("Bad Request. Content-Type header is missing.");
    throw invalid("Bad Request. Content-Type must be one of ['application/json'].");
  }
  const body = parseBody(await readText(req));
  return { ...(req.method === "DELETE" ? fromQuery : {}), ...body, ...params };
}

function queryObject(query: URLSearchParams): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const key of new Set(query.keys())) {
    Object.defineProperty(object, key, { value: new QueryValues(query.getAll(key)), enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** Texts of requests, for a handler that runs a second time. */
const texts = new WeakMap<IncomingMessage, string>();

/** Whether a handler may run again: nothing of the body was read, or all of it is kept. */
export const canReadAgain = (req: IncomingMessage): boolean => !req.readableDidRead || texts.has(req);

async function readText(req: IncomingMessage): Promise<string> {
  const read = texts.get(req) ?? (await readBody(req));
  texts.set(req, read);
  return read;
}

async function readBody(req: IncomingMessage): Promise<string> {
  const encoding = req.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw invalid("A compressed body is not accepted here.");
  const tooLarge = () => new DomainError("too_large", `The request's body is larger than ${limits.jsonBodyBytes / 1024 / 1024} MiB. Send it in parts.`);
  if (Number(req.headers["content-length"] ?? 0) > limits.jsonBodyBytes) throw tooLarge();
  const body = await gather(req, tooLarge);
  if (!isUtf8(body)) throw invalid("The request's body is not UTF-8.");
  const text = body.toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** By events: an iterator costs a small request more than reading it. */
function gather(req: IncomingMessage, tooLarge: () => Error): Promise<Buffer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const leave = (error: Error) => {
      req.off("data", take).off("end", end).off("error", leave).off("close", hungUp);
      // Paused and left open: destroying the request would take the connection, and the answer, with it.
      req.pause();
      fail(error);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.jsonBodyBytes) leave(tooLarge());
      else chunks.push(chunk);
    };
    const end = () => {
      req.off("error", leave).off("close", hungUp);
      done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    };
    const hungUp = () => leave(Object.assign(new Error("The caller hung up."), { code: "ERR_STREAM_PREMATURE_CLOSE" }));
    req.on("data", take).once("end", end).once("error", leave).once("close", hungUp);
  });
}

export function sendJson(res: ServerResponse, status: number, answer: Answer): void {
  sendBytes(res, status, `${printJson(answer)}\n`);
}

/** A text goes out in one piece with its head, which a buffer does not. */
function sendBytes(res: ServerResponse, status: number, body: Buffer | string): void {
  res.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" });
  res.end(body);
}

/** A search that met the time limit of statements: clients would repeat a 503, and the next try is as slow. */
const isSlowSearch = (req: IncomingMessage, error: unknown): boolean => (error as { code?: unknown } | null)?.code === "57014" && /\/search($|\?)/.test(req.url ?? "");

/** Whatever a message quotes, an error stays below 8 KiB on the wire. */
function clipMessage(message: string): string {
  for (let most = 4000; ; most = Math.floor(most / 2)) {
    const cut = message.length > most ? `${message.slice(0, most).toWellFormed()}…` : message;
    if (Buffer.byteLength(JSON.stringify(cut)) <= 7000) return cut;
  }
}

/** Any failure in MLflow's envelope. What a client could mend is info in the log, anything else an error. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  // The caller hung up; there is nobody to tell.
  if (res.destroyed || ["ERR_STREAM_PREMATURE_CLOSE", "ABORT_ERR"].includes((error as NodeJS.ErrnoException).code ?? "")) {
    res.destroy();
    return;
  }
  const known = isSlowSearch(req, error) ? invalid("The search took too long. Narrow the filter, or order by fewer fields.") : asDomainError(error);
  if (!known) log.error({ err: error, method: req.method, path: req.url?.split("?")[0] }, "a request failed");
  else if (known.kind === "unavailable" || known.kind === "storage_full") log.warn({ kind: known.kind, path: req.url?.split("?")[0] }, "a request had to wait");
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const row = errorTable[known?.kind ?? "internal"];
  // No Retry-After: MLflow's client would come back that soon each time, and give up after its seven tries. Without it, it waits longer and longer.
  if (known?.kind === "unauthenticated") res.setHeader("WWW-Authenticate", 'Basic realm="mlflow"');
  const message = known?.message ?? "An internal error occurred. The server's log has it.";
  const isWrongMethod = error instanceof MethodNotAllowed;
  if (isWrongMethod) res.setHeader("Allow", error.allowed.join(", "));
  const status = known?.errorCode === "NOT_IMPLEMENTED" ? 501 : isWrongMethod ? 405 : row.http;
  const answer = { error_code: known?.errorCode ?? row.mlflow, message: clipMessage(message) };
  if (req.complete) {
    sendJson(res, status, answer);
    return;
  }
  // What is left of a body that will not be read must not be taken for the next request; and a caller that is still sending would
  // lose the answer to a reset connection, so it is let finish for a moment.
  res.setHeader("Connection", "close");
  const send = () => {
    clearTimeout(timer);
    req.off("end", send);
    if (!res.headersSent && !res.destroyed) sendJson(res, status, answer);
  };
  const timer = setTimeout(send, 2_000);
  req.once("end", send);
  req.once("error", send);
  req.resume();
}
