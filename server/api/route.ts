import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { Ctx } from "../ctx";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

type Shape = z.ZodObject;

/** What a handler is given: everything parsed, and the streams for raw bodies and answers. */
export type Call<P, Q, B> = { ctx: Ctx; params: P; query: Q; body: B; req: IncomingMessage; res: ServerResponse };

/** Bytes for a raw answer, and the headers that come with them. */
export type RawAnswer = { description: string; mediaType: string; headers?: Record<string, string> };

/** One row of the API: what the router matches, the parser checks, the document says, and the domain verb behind it. */
export type Route = {
  method: Method;
  /** Below /api/2.0/flowbook, as OpenAPI writes it; a last part `{path}` may hold slashes. */
  path: string;
  operationId: string;
  summary: string;
  params?: Shape;
  query?: Shape;
  /** The JSON body; absent: none is read. */
  json?: z.ZodType;
  /** Numbers that only Python tells apart (1.0 and 1) arrive as the text that Python prints. */
  isPythonText?: boolean;
  /** Media types whose body the handler reads itself. */
  rawBody?: { mediaTypes: string[]; description: string };
  requestHeaders?: Shape;
  /** The 200 answer; a raw one is sent by the handler, which then returns undefined. */
  answer: z.ZodType | RawAnswer;
  handle: (call: Call<Record<string, unknown>, Record<string, unknown>, unknown>) => Promise<unknown>;
};

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<string, never>;

/** Ties a handler's types to its schemas. */
export function route<P extends Shape | undefined = undefined, Q extends Shape | undefined = undefined, B extends z.ZodType | undefined = undefined>(
  definition: Omit<Route, "handle" | "params" | "query" | "json"> & {
    params?: P;
    query?: Q;
    json?: B;
    /** `body` is undefined when the request carries one of the raw media types. */
    handle: (call: Call<Parsed<P>, Parsed<Q>, B extends z.ZodType ? z.output<B> : undefined>) => Promise<unknown>;
  },
): Route {
  // The router parses with exactly these schemas before it calls, so the wider type is never given anything else.
  return definition as unknown as Route;
}
