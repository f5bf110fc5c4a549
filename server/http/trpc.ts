import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { limits } from "@/common/limits";
import type { Ctx } from "../ctx";
import { appRouter } from "../trpc";

export async function handleTrpc(req: IncomingMessage, res: ServerResponse, path: string, ctx: Ctx): Promise<void> {
  await nodeHTTPRequestHandler({ router: appRouter, req, res, path: path.slice("/trpc/".length), createContext: () => Promise.resolve(ctx), maxBodySize: limits.jsonBodyBytes });
}
