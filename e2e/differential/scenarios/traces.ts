import { anExperimentAndRun, del, get, patch, post, type Scenario, scenario } from "../scenario";

const v3 = "/api/3.0/mlflow/traces";
const v2 = "/api/2.0/mlflow/traces";
const id = (n: number) => `tr-\${u}${String(n).repeat(23)}`;
const info = (n: number, more: object = {}) => ({
  trace_id: id(n), trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }, request_time: `2024-01-01T00:00:0${n}Z`, execution_duration: "1.5s", state: "OK",
  trace_metadata: { "mlflow.trace_schema.version": "3" }, tags: { "mlflow.traceName": `name${n}`, color: n % 2 ? "red" : "blue" }, request_preview: "in", response_preview: "out", ...more,
});
const start = (n: number, more: object = {}) => post(v3, { trace: { trace_info: info(n, more) } });
const search = (filter: string) => post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], filter, max_results: 10 }, { ownWords: true });

export const traces: Scenario[] = [
  scenario(
    "traces",
    anExperimentAndRun("traces"),
    start(1),
    start(2, { state: "ERROR", execution_duration: "0.25s" }),
    start(3, { state: "IN_PROGRESS", execution_duration: undefined, trace_metadata: { "mlflow.trace.session": "s1", "mlflow.sourceRun": "${r}" } }),
    get(`${v3}/${id(1)}`, {}, { ownWords: true }),
    get(`${v3}/tr-nobody`, {}, { ownWords: true }),
    post(`${v3}`, {}, { ownWords: true }),
    post(`${v3}`, { trace: {} }, { ownWords: true }),
    post(`${v3}`, { trace: { trace_info: info(4, { trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "999999" } } }) } }, { ownWords: true }),
    patch(`${v2}/${id(1)}/tags`, { key: "k", value: "v" }),
    patch(`${v2}/${id(1)}/tags`, { key: "k", value: "w" }),
    patch(`${v3}/${id(1)}/tags`, { key: "j", value: "v" }),
    patch(`${v2}/${id(1)}/tags`, { value: "v" }, { ownWords: true }),
    patch(`${v2}/tr-nobody/tags`, { key: "k", value: "v" }, { ownWords: true }),
    del(`${v2}/${id(1)}/tags`, { key: "k" }),
    del(`${v2}/${id(1)}/tags`, { key: "k" }, { ownWords: true }),
    del(`${v2}/tr-nobody/tags`, { key: "k" }, { ownWords: true }),
    get(`${v3}/${id(1)}`, {}, { ownWords: true }),
    ...[
      "", "attributes.status = 'OK'", "status = 'ERROR'", "trace.status = 'OK'", "attributes.name = 'name1'", "name LIKE 'name%'", "tags.color = 'red'", "tag.color != 'red'", "timestamp_ms > 0", "attributes.execution_time_ms > 1000", "execution_time_ms < 1000", "metadata.`mlflow.trace.session` = 's1'", "request_metadata.`mlflow.sourceRun` = '${r}'", "run_id = '${r}'",
      "tags.color = 'red' AND status = 'OK'", "tags.color LIKE 'r%'", "tags.color ILIKE 'R%'", "tags.color RLIKE '^r'", "tags.nobody IS NULL", "tags.color IS NOT NULL", "trace_id = 'nobody'", "state = 'OK'",
      "nothing = 'x'", "status > 'OK'", "tags.color = red", "status = 'OK' OR status = 'ERROR'", "name = 'a", "(status = 'OK')",
    ].map(search),
    post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], filter: "timestamp_ms = 'x'" }, { differs: "garbage" }),
    ...[["timestamp_ms ASC"], ["timestamp_ms DESC"], ["execution_time_ms DESC"], ["status", "timestamp_ms"], ["name DESC"], ["nothing"], ["timestamp_ms UP"]].map((order_by) =>
      post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], order_by }, { ownWords: true }),
    ),
    post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], max_results: 2, order_by: ["timestamp_ms ASC"] }, { save: { p: "next_page_token" } }),
    post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], max_results: 2, order_by: ["timestamp_ms ASC"], page_token: "${p}" }),
    ...[0, -1, 501, "2"].map((max_results) => post(`${v3}/search`, { locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "${e}" } }], filter: "name = 'name1'", max_results }, { ownWords: true })),
    post(`${v3}/search`, { locations: [] }, { ownWords: true }),
    post(`${v3}/search`, {}, { ownWords: true }),
    post(`${v2}/delete-traces`, { experiment_id: "${e}", request_ids: [id(2)] }),
    post(`${v2}/delete-traces`, { experiment_id: "${e}", request_ids: [id(2)] }),
    post(`${v2}/delete-traces`, { experiment_id: "${e}" }, { ownWords: true }),
    post(`${v2}/delete-traces`, { experiment_id: "${e}", max_timestamp_millis: 1, request_ids: ["x"] }, { ownWords: true }),
    post(`${v2}/delete-traces`, { request_ids: ["x"] }, { ownWords: true }),
    post(`${v3}/delete-traces`, { experiment_id: "${e}", max_timestamp_millis: 1, max_traces: 5 }),
    get(`${v3}/${id(2)}`, {}, { ownWords: true }),
  ),
  scenario(
    "traces: assessments",
    anExperimentAndRun("assessments"),
    start(1),
    post(`${v3}/${id(1)}/assessments`, { assessment: { assessment_name: "good", trace_id: id(1), source: { source_type: "HUMAN", source_id: "ada" }, feedback: { value: true }, rationale: "because" } }, { save: { a: "assessment.assessment_id" } }),
    post(`${v3}/${id(1)}/assessments`, { assessment: { assessment_name: "expected", trace_id: id(1), source: { source_type: "HUMAN", source_id: "ada" }, expectation: { value: "yes" } } }, { save: { b: "assessment.assessment_id" } }),
    get(`${v3}/${id(1)}/assessments/\${a}`),
    get(`${v3}/${id(1)}/assessments/\${b}`),
    get(`${v3}/${id(1)}/assessments/a-nobody`, {}, { ownWords: true }),
    get(`${v3}/tr-nobody/assessments/\${a}`, {}, { ownWords: true }),
    patch(`${v3}/${id(1)}/assessments/\${a}`, { assessment: { assessment_id: "${a}", trace_id: id(1), rationale: "better" }, update_mask: "rationale" }),
    patch(`${v3}/${id(1)}/assessments/\${a}`, { assessment: { assessment_id: "${a}", trace_id: id(1), feedback: { value: 0.5 } }, update_mask: "feedback" }),
    get(`${v3}/${id(1)}/assessments/\${a}`),
    post(`${v3}/${id(1)}/assessments`, { assessment: { trace_id: id(1), source: { source_type: "HUMAN", source_id: "ada" }, feedback: { value: true } } }, { ownWords: true }),
    post(`${v3}/${id(1)}/assessments`, {}, { ownWords: true }),
    post(`${v3}/tr-nobody/assessments`, { assessment: { assessment_name: "x", trace_id: "tr-nobody", source: { source_type: "HUMAN", source_id: "ada" }, feedback: { value: true } } }, { ownWords: true }),
    del(`${v3}/${id(1)}/assessments/\${b}`),
    del(`${v3}/${id(1)}/assessments/\${b}`, undefined, { ownWords: true }),
    get(`${v3}/${id(1)}`, {}, { ownWords: true }),
    search("feedback.good = 'true'"),
    search("feedback.good = '0.5'"),
  ),
];

const hooks = "webhooks";
const hook = (name: unknown, more: object = {}) => ({ name, url: "https://93.184.216.34/hook", events: [{ entity: "MODEL_VERSION", action: "CREATED" }], ...more });

export const webhooks: Scenario[] = [
  scenario(
    "webhooks",
    post(hooks, hook("${u}-a", { description: "d", secret: "s3cret" }), { save: { w: "webhook.webhook_id" } }),
    get(`${hooks}/\${w}`),
    get(`${hooks}/nobody`, {}, { ownWords: true }),
    patch(`${hooks}/\${w}`, { webhook_id: "${w}", description: "new", status: "DISABLED" }),
    patch(`${hooks}/\${w}`, { webhook_id: "${w}", events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }, { entity: "MODEL_VERSION_TAG", action: "SET" }] }),
    get(`${hooks}/\${w}`),
    ...["Upper", "", "a b", "x".repeat(64), "-a", "a-", 5].map((name) => post(hooks, hook(name), { ownWords: true })),
    ...["http://93.184.216.34/x", "https://127.0.0.1/x", "https://10.0.0.1/x", "https://169.254.169.254/", "ftp://x/y", "x", ""].map((url) => post(hooks, hook("${u}-b", { url }), { ownWords: true })),
    ...[[], [{ entity: "NOPE", action: "CREATED" }], [{ entity: "REGISTERED_MODEL", action: "DELETED" }], "x"].map((events) => post(hooks, hook("${u}-c", { events }), { ownWords: true })),
    post(hooks, {}, { ownWords: true }),
    del(`${hooks}/\${w}`),
    del(`${hooks}/\${w}`, undefined, { ownWords: true }),
    get(`${hooks}/\${w}`, {}, { ownWords: true }),
  ),
];
