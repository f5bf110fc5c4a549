/*
 * What docs/mlflow-compatibility.md says of the route table beside it: which routes MLflow's clients cannot do without, where an answer
 * differs on purpose, and what is not there. `npm run docs:compatibility` prints it; a test fails when the page is older than this.
 * Differences that the differential test found are in e2e/differential/accepted.ts and are printed too.
 */

/** P0: what every client of classic machine learning uses. P1: widely used. P2: seldom used. Beyond: not in MLflow 3.17.2. */
export type Priority = "P0" | "P1" | "P2" | "beyond";

export type Group = { title: string; /** Beginnings of its routes' paths. */ paths: string[]; priority: Priority };

/** A route belongs to the first group whose path it begins with. */
export const groups: Group[] = [
  { title: "Server", paths: ["/health", "/version", "/api/3.0/mlflow/server-info"], priority: "P0" },
  { title: "Experiments", paths: ["/api/2.0/mlflow/experiments/"], priority: "P0" },
  { title: "Runs", paths: ["/api/2.0/mlflow/runs/"], priority: "P0" },
  { title: "Metrics", paths: ["/api/2.0/mlflow/metrics/"], priority: "P0" },
  { title: "Artifacts", paths: ["/api/2.0/mlflow/artifacts/", "/get-artifact", "/api/2.0/mlflow/get-artifact", "/api/2.0/mlflow-artifacts/", "/model-versions/"], priority: "P0" },
  { title: "Logged models", paths: ["/api/2.0/mlflow/logged-models"], priority: "P0" },
  { title: "Registered models and prompts", paths: ["/api/2.0/mlflow/registered-models/"], priority: "P0" },
  { title: "Model versions", paths: ["/api/2.0/mlflow/model-versions/"], priority: "P0" },
  { title: "Traces and assessments", paths: ["/api/3.0/mlflow/traces", "/api/2.0/mlflow/traces", "/v1/traces", "/api/3.0/mlflow/get-trace-artifact", "/api/2.0/mlflow/get-trace-artifact"], priority: "P1" },
  { title: "Webhooks", paths: ["/api/2.0/mlflow/webhooks"], priority: "P1" },
  { title: "Users", paths: ["/api/2.0/mlflow/users/"], priority: "P1" },
];

/** Routes whose priority is not their group's. */
export const priorities: Record<string, Priority> = {
  "POST /api/2.0/mlflow/experiments/delete-experiment-tag": "P1",
  "POST /api/2.0/mlflow/experiments/search-datasets": "P1",
  "GET /api/2.0/mlflow/metrics/get-history-bulk": "P1",
  "GET /api/2.0/mlflow/metrics/get-history-bulk-interval": "P1",
  "GET /api/2.0/mlflow/get-artifact": "beyond",
  "GET /model-versions/get-artifact": "P1",
  "POST /api/2.0/mlflow/artifacts/presigned-download-url": "P1",
  "POST /api/2.0/mlflow/artifacts/presigned-upload-url": "P1",
  "POST /api/2.0/mlflow-artifacts/mpu/{path*}": "P1",
  "GET /api/2.0/mlflow-artifacts/presigned/{path*}": "P1",
  "DELETE /api/2.0/mlflow/logged-models/{model_id}": "P1",
  "DELETE /api/2.0/mlflow/logged-models/{model_id}/tags/{key}": "P1",
  "GET /api/2.0/mlflow/logged-models/{model_id}/artifacts/files": "P1",
  "POST /api/2.0/mlflow/traces": "P2",
  "GET /api/2.0/mlflow/traces": "P2",
  "PATCH /api/2.0/mlflow/traces/{request_id}": "P2",
  "GET /api/2.0/mlflow/traces/{request_id}/info": "P2",
  "POST /api/2.0/mlflow/traces/link-prompts": "P2",
  "POST /api/3.0/mlflow/traces/link-prompts": "P2",
  "POST /api/2.0/mlflow/registered-models/search": "beyond",
  "POST /api/2.0/mlflow/model-versions/search": "beyond",
};

/** Where a route does something else than MLflow's, on purpose. */
export const notes: Record<string, string> = {
  "GET /api/3.0/mlflow/server-info": "Says `SqlStore`, and no to workspaces, multipart and presigned transfers and the gateway: clients then do not ask for them.",
  "POST /api/2.0/mlflow/experiments/create": "An `artifact_location` that names a folder of the server is refused.",
  "GET /api/2.0/mlflow/experiments/get": "`0` is the workspace's own default experiment, here and wherever an experiment is named; answers give its real id.",
  "POST /api/2.0/mlflow/runs/search": "Filters may have `OR`, `NOT` and parentheses.",
  "POST /api/2.0/mlflow/runs/update": "The status of a run that a launch made is the runner's to decide, by the step's exit code; a client's word is answered and changes nothing.",
  "GET /api/2.0/mlflow/get-artifact": "The same as `/get-artifact`.",
  "POST /api/2.0/mlflow/artifacts/presigned-download-url": "Always 400, as MLflow answers for `mlflow-artifacts:` addresses.",
  "POST /api/2.0/mlflow/artifacts/presigned-upload-url": "Always 400, as MLflow answers for `mlflow-artifacts:` addresses.",
  "POST /api/2.0/mlflow-artifacts/mpu/{path*}": "`create`, `complete` and `abort` are 501 `NOT_IMPLEMENTED`.",
  "GET /api/2.0/mlflow-artifacts/presigned/{path*}": "501 `NOT_IMPLEMENTED`.",
  "POST /api/2.0/mlflow/registered-models/search": "As the R client asks; MLflow has GET alone.",
  "POST /api/2.0/mlflow/model-versions/search": "MLflow has GET alone.",
  "POST /api/2.0/mlflow/webhooks": "Owners only, by password or session and not by token. Signed as MLflow signs. A delivery is stored with the change it tells of and sent again for about 45 minutes. Redirects are not followed.",
  "POST /api/2.0/mlflow/webhooks/{webhook_id}/test": "A redirect is no success.",
  "GET /api/2.0/mlflow/users/current": "With `FLOWBOOK_AUTH=open` everybody is `owner`.",
  "POST /api/2.0/mlflow/users/create": "Owners only, by password or session and not by token. A new user is an editor. A username has 2 to 40 letters, digits, dots or underscores, a password at least 10 characters; an id is a text.",
  "PATCH /api/2.0/mlflow/users/update-admin": "An admin is an owner. The last one stays one.",
  "DELETE /api/2.0/mlflow/users/delete": "Takes the person out of the workspace; what they made stays.",
};

/** What holds for all routes and is ours, not a difference of single answers. */
export const houseRules: { title: string; text: string }[] = [
  { title: "Sign-in", text: "reading needs an account, a token or a share link, unless `FLOWBOOK_AUTH=open`; MLflow's server is open unless set up otherwise. More than ten wrong passwords a minute from one address are answered 429." },
  { title: "Launches", text: "a run of a launch is ended by the runner, with the step's exit code. A step may write its own run and runs below it; a run that it creates without a parent is put below its own." },
  { title: "Artifacts", text: "those of new experiments lie in this server's store (`mlflow-artifacts:/…`). A location that clients reach by themselves is kept as given; the server does not read it." },
  { title: "Traces", text: "OTLP's refusals are in the JSON envelope, with 400 where MLflow has 422. `span.attributes.x` compares that attribute and not all text behind its name. Costs are kept as clients send them and not reckoned from price lists; of other libraries' conventions the usual names for inputs, outputs, tokens, models and kinds of spans are understood. The files of deleted traces are deleted." },
  { title: "Infinity", text: "kept as the largest double, as MLflow's SQL stores do. `NaN` stays `NaN`." },
  { title: "Requests", text: "a JSON body over 16 MiB is answered 413, a wrong `Host` or a foreign `Origin` 403." },
  { title: "Pages", text: "are Flowbook's own; MLflow's web interface is not served. Links that clients print (`/#/experiments/3/runs/…`, `/#/models/…`) open the page that they mean." },
];

/** MLflow 3.17.2's other endpoints. Each answers 404 `ENDPOINT_NOT_FOUND` in the envelope. `count` is of method and path, without the `/ajax-api/` twins. Paths are examples. */
export const absent: { title: string; count: number; paths: string[] }[] = [
  { title: "LLM gateway", count: 55, paths: ["/api/3.0/mlflow/gateway/endpoints", "/api/3.0/mlflow/gateway/secrets", "/gateway/chat/v1/chat/completions"] },
  { title: "MCP servers", count: 23, paths: ["/api/3.0/mlflow/mcp-servers"] },
  { title: "Roles and permissions", count: 20, paths: ["/api/3.0/mlflow/roles/list", "/api/3.0/mlflow/users/permissions/get", "/api/2.0/mlflow/experiments/permissions/get"] },
  { title: "Evaluation datasets", count: 13, paths: ["/api/3.0/mlflow/datasets/create"] },
  { title: "Assistant", count: 11, paths: ["/ajax-api/3.0/mlflow/assistant/config"] },
  { title: "Review queues", count: 11, paths: ["/api/3.0/mlflow/review-queues"] },
  { title: "Trace metrics, correlation and Databricks' own trace calls", count: 4, paths: ["POST /api/3.0/mlflow/traces/calculate-filter-correlation", "/api/2.0/mlflow/unified-traces"] },
  { title: "Scorers", count: 9, paths: ["/api/3.0/mlflow/scorers/list"] },
  { title: "MLflow's own pages: GraphQL, telemetry, demo", count: 7, paths: ["/graphql", "/api/3.0/mlflow/ui-telemetry", "/ajax-api/3.0/mlflow/demo/generate"] },
  { title: "Jobs", count: 6, paths: ["/ajax-api/3.0/mlflow/jobs/x"] },
  { title: "Label schemas", count: 6, paths: ["/api/3.0/mlflow/label-schemas"] },
  { title: "Prompt optimization", count: 6, paths: ["/api/3.0/mlflow/prompt-optimization/jobs"] },
  { title: "Issues", count: 5, paths: ["/api/3.0/mlflow/issues"] },
  { title: "Workspaces", count: 5, paths: ["/api/3.0/mlflow/workspaces"] },
  { title: "Uploads of MLflow's pages", count: 1, paths: ["/ajax-api/2.0/mlflow/upload-artifact"] },
];
