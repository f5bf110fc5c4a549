import type { IncomingMessage, ServerResponse } from "node:http";
import type { Ctx } from "@/server/ctx";
import { artifactRoutes } from "./artifacts";
import { assessmentRoutes } from "./assessments";
import { canReadAgain, sendError } from "./door";
import { experimentRoutes } from "./experiments";
import { loggedModelRoutes } from "./logged-models";
import { MethodNotAllowed } from "./method-not-allowed";
import { metricRoutes } from "./metrics";
import { modelVersionRoutes } from "./model-versions";
import { otlpRoutes } from "./otlp";
import { registeredModelRoutes } from "./registered-models";
import { Router } from "./router";
import { runRoutes } from "./runs";
import { serverRoutes } from "./server-info";
import { throughOutages } from "./through-outages";
import { traceRoutes } from "./traces";
import { userRoutes } from "./users";
import { webhookRoutes } from "./webhooks";

export { answerBadHttp, httpOptions } from "./bad-http";
export { sendError as sendMlflowError } from "./door";
export { throughOutages } from "./through-outages";
export { mlflowVersion } from "./server-info";

export const router = new Router([...serverRoutes, ...experimentRoutes, ...runRoutes, ...metricRoutes, ...artifactRoutes, ...loggedModelRoutes, ...registeredModelRoutes, ...modelVersionRoutes, ...traceRoutes, ...assessmentRoutes, ...otlpRoutes, ...webhookRoutes, ...userRoutes]);

/** Paths that answer without a caller: /health, /version and server-info. */
export const isPublicMlflowPath = (path: string): boolean => ["/health", "/version"].includes(path) || /^\/(ajax-)?api\/3\.0\/mlflow\/server-info$/.test(path);

/**
 * Answers one request of an MLflow client: `/api/2.0/mlflow/*`, `/api/3.0/mlflow/*`, their `/ajax-api/` twins, the artifact
 * proxy, `/get-artifact`, `/health`, `/version`. Never throws; every failure is in MLflow's envelope.
 */
export async function handleMlflow(req: IncomingMessage, res: ServerResponse, ctx: Ctx): Promise<void> {
  try {
    // Not through URL: it would resolve `%2e%2e` away before the path check has seen it.
    const [rawPath = "/", rawQuery = ""] = splitOnce(req.url ?? "/", "?");
    const path = rawPath.startsWith("/ajax-api/") ? `/api/${rawPath.slice("/ajax-api/".length)}` : rawPath;
    const { handler, params } = router.find(req.method === "HEAD" ? "GET" : (req.method ?? "GET"), path);
    await throughOutages(res, () => handler({ req, res, ctx, params, query: new URLSearchParams(rawQuery) }), () => canReadAgain(req));
  } catch (error) {
    if (req.method === "OPTIONS" && error instanceof MethodNotAllowed) {
      res.writeHead(204, { Allow: error.allowed.join(", ") }).end();
      return;
    }
    sendError(req, res, error);
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
