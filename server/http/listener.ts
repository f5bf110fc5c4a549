import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isStepRequest, resolveCtx } from "../auth";
import { handleApi } from "../api";
import type { Ctx } from "../ctx";
import { DomainError } from "../errors";
import { answerBadHttp, handleMlflow, httpOptions, sendMlflowError, throughOutages } from "../rest";
import { sendError } from "./answers";
import { changesSomething, isHostAllowed, isOriginAllowed, peerOf, setApiHeaders, setSecurityHeaders } from "./guard";
import { handleHealth } from "./health";
import { handleSample } from "./samples";
import { setShareCookie } from "./share-cookie";
import { handleAuth, handleOwnerLink } from "./sign-in";
import { handleTrpc } from "./trpc";

type NextHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

const mlflowPaths = ["/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/", "/api/2.0/mlflow-artifacts", "/get-artifact", "/model-versions/get-artifact", "/v1/traces", "/api/", "/graphql", "/gateway/"];
const isMlflow = (path: string) => mlflowPaths.some((p) => path.startsWith(p));
/** MLflow's clients ask this before they have signed in. */
const openMlflowPaths = new Set(["/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"]);

/** The hall from which the doors open: one plain listener, MLflow's clients and our own calls before Next, Next for pages. */
export function createListener(next: NextHandler): Server {
  const server = createServer(httpOptions, (req, res) => {
    route(req, res, next).catch((error) => sendError(req, res, error));
  });
  server.on("clientError", answerBadHttp);
  // Uploads of large artifacts take long; a client that sends headers slowly is cut off.
  server.requestTimeout = 0;
  server.headersTimeout = 20_000;
  server.keepAliveTimeout = 65_000;
  // Longer than the longest work without a byte (an import, a launch of a large tree); who stops in the middle of a body is let go.
  server.timeout = 10 * 60_000;
  return server;
}

async function route(req: IncomingMessage, res: ServerResponse, next: NextHandler): Promise<void> {
  const path = (req.url ?? "/").split("?")[0] ?? "/";
  if (path === "/health" || path === "/version" || path === "/ready") return handleHealth(req, res, path);
  if (!isHostAllowed(req)) throw new DomainError("forbidden", "This server does not answer to that host name. Set FLOWBOOK_PUBLIC_URL to the address that people use.");
  if (changesSomething(req) && !isOriginAllowed(req)) throw new DomainError("forbidden", "A page of another origin may not change anything here.");
  if (isMlflow(path) && !path.startsWith("/api/2.0/flowbook")) setApiHeaders(res);
  else setSecurityHeaders(req, res);

  if (path.startsWith("/samples/")) return handleSample(req, res, path);
  if (path.startsWith("/api/2.0/flowbook/") || path === "/api/2.0/flowbook") return handleApi(req, res, await requireCtx(req));
  if (openMlflowPaths.has(path)) return handleMlflow(req, res, await anyCtx(req));
  if (isMlflow(path)) {
    const ctx = await throughOutages(res, () => requireCtx(req)).catch((error) => sendMlflowError(req, res, error));
    return ctx ? handleMlflow(req, res, ctx) : undefined;
  }
  if (isStepRequest(req.headers)) throw new DomainError("forbidden", "A step has the tracking API; the pages and what they call are for people.");
  if (path.startsWith("/trpc/")) return handleTrpc(req, res, path, await requireCtx(req));
  if (path.startsWith("/auth/")) return handleAuth(req, res, path);
  const login = /^\/login\/([\w-]{10,200})$/.exec(path);
  if (login?.[1] && req.method === "GET" && (await handleOwnerLink(req, res, login[1]))) return;
  if (path.startsWith("/share/")) setShareCookie(req, res, path);
  await next(req, res);
}

async function requireCtx(req: IncomingMessage): Promise<Ctx> {
  const ctx = await resolveCtx({ headers: req.headers, peer: peerOf(req) });
  if (!ctx) throw new DomainError("unauthenticated", "Sign in, or set MLFLOW_TRACKING_TOKEN to a token from Settings.");
  return ctx;
}

/** For the few calls that tell nothing of anybody: a bare ctx where nobody is known. */
async function anyCtx(req: IncomingMessage): Promise<Ctx> {
  const known = await resolveCtx({ headers: req.headers, peer: peerOf(req) }).catch(() => null);
  if (known) return known;
  const { getSystemCtx } = await import("../auth");
  return { ...(await getSystemCtx()), actor: { kind: "share", shareId: "", targetType: "run", targetId: "" } };
}
