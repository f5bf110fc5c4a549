import type { IncomingMessage, ServerResponse } from "node:http";
import { limits } from "@/common/limits";
import type { Ctx } from "../ctx";
import { DomainError, notFound } from "../errors";
import { sendError, sendJson } from "./answers";
import { readJson } from "./body";
import { isMediaType } from "./media-type";
import { match, parse } from "./router";
import { basePath } from "./wire";

/** The door for scripts: /api/2.0/flowbook. Answers every request, refusals in MLflow's envelope. */
export async function handleApi(req: IncomingMessage, res: ServerResponse, ctx: Ctx): Promise<void> {
  try {
    await answer(req, res, ctx);
  } catch (error) {
    // A reader that went away is no failure of ours.
    if (res.destroyed && (error as { code?: string }).code === "ERR_STREAM_PREMATURE_CLOSE") return;
    sendError(req, res, error);
  }
}

async function answer(req: IncomingMessage, res: ServerResponse, ctx: Ctx): Promise<void> {
  const [path = "/", search = ""] = split(req.url ?? "/");
  const found = match(req.method === "HEAD" ? "GET" : (req.method ?? "GET"), path.slice(basePath.length));
  if (!("route" in found)) {
    if (found.allowed.length === 0) throw notFound("call", `${req.method} ${path}`);
    res.setHeader("Allow", found.allowed.join(", "));
    throw new DomainError("invalid", `This address does not take ${req.method}; it takes ${found.allowed.join(", ")}.`);
  }
  const { route } = found;
  const params = route.params ? parse(route.params, found.params) : {};
  const query = route.query ? parse(route.query, Object.fromEntries(new URLSearchParams(search))) : {};
  const isRaw = route.rawBody !== undefined && (route.json === undefined || isMediaType(req, [...route.rawBody.mediaTypes, "application/x-zip-compressed"]));
  const body = route.json && !isRaw ? parse(route.json, await readJson(req, limits.jsonBodyBytes, { isPythonText: route.isPythonText ?? false })) : undefined;
  const result = await route.handle({ ctx, params, query, body, req, res });
  if (result !== undefined) sendJson(res, 200, result);
}

function split(url: string): [string, string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}
