import type { ServerResponse } from "node:http";
import { type Handler, sendJson } from "./door";
import type { Route } from "./router";

/** The MLflow version whose API this server follows; clients ask for it and compare. */
export const mlflowVersion = "3.17.2";

const sendText = (res: ServerResponse, text: string): void => {
  res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": Buffer.byteLength(text) }).end(text);
};

const serverInfo: Handler = async ({ res }) =>
  sendJson(res, 200, {
    store_type: "SqlStore",
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
    presigned_upload_run_id_supported: false,
    presigned_upload_model_id_supported: false,
    features_enabled: { gateway: false },
  });

export const serverRoutes: Route[] = [
  ["GET", "/health", async ({ res }) => sendText(res, "OK")],
  ["GET", "/version", async ({ res }) => sendText(res, mlflowVersion)],
  ["GET", "/api/3.0/mlflow/server-info", serverInfo],
];
