import { request, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { newId } from "@/common/ids";
import { getAuth, getSystemCtx } from "../auth";
import type { Ctx, Role } from "../ctx";
import { createExperiment } from "../domain/experiments";
import { stepTokenFor } from "../domain/jobs";
import { createProject } from "../domain/projects";
import { createRun } from "../domain/runs";
import { createShare } from "../domain/shares";
import { createToken } from "../domain/workspaces";
import { aPerson, aWorkspace } from "../testing";
import { createListener } from "./listener";

/* Every kind of caller at a verb of every kind, through the door that clients use. */

// Before the environment is read, which the imports above may do.
vi.hoisted(() => vi.stubEnv("FLOWBOOK_AUTH", "accounts"));

const callers = ["viewer", "editor", "owner", "read", "track", "launch", "share", "step"] as const;
type Caller = (typeof callers)[number];
const credentials = {} as Record<Caller, OutgoingHttpHeaders>;
const ids = { own: "", other: "", foreign: "", experiment: "", project: "", foreignProject: "", job: "", above: "" };
let server: Server;
let system: Ctx;

type Answer = { status: number; text: string };
function call(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: unknown): Promise<Answer> {
  const raw = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const { port } = server.address() as AddressInfo;
  const type = raw === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(raw) };
  return new Promise((done, fail) => {
    const req = request({ host: "127.0.0.1", port, method, path, headers: { host: "127.0.0.1:3000", ...type, ...headers } }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (part: string) => { text += part; });
      res.on("end", () => done({ status: res.statusCode ?? 0, text }));
    });
    req.on("error", fail);
    req.end(raw);
  });
}

async function aJob(runId: string, parentJobId: string | null) {
  const id = newId("job");
  const { id: projectId, commit, treeHash } = { id: ids.project, commit: "0".repeat(40), treeHash: "0".repeat(40) };
  await system.db.job.create({
    data: { id, workspaceId: system.workspaceId, projectId, runId, parentJobId, rootJobId: parentJobId ?? id, entryPoint: "main", parameters: [], commandTemplate: "true", command: "true", commit, treeHash, limits: {}, state: "running" },
  });
  return id;
}

beforeAll(async () => {
  server = createListener(async (_req, res) => void res.end("a page")).listen(0, "127.0.0.1");
  system = await getSystemCtx();
  const people = {} as Record<Role, Ctx>;
  for (const role of ["viewer", "editor", "owner"] as const) {
    people[role] = await aPerson(system, role);
    const { actor } = people[role];
    const { headers } = await (await getAuth()).api.openSession({ body: { userId: actor.kind === "user" ? actor.userId : "" }, returnHeaders: true });
    credentials[role] = { cookie: headers.getSetCookie().map((c) => c.split(";")[0]).join("; ") };
  }
  for (const scope of ["read", "track", "launch"] as const) {
    credentials[scope] = { authorization: `Bearer ${(await createToken(people.owner, { name: scope, scope })).token}` };
  }
  const project = await createProject(people.owner, { name: "one", files: { "a.py": "1\n" } });
  ids.project = project.id;
  ids.experiment = String(project.experimentId);
  const above = (await createRun(system, { experimentId: project.experimentId })).id;
  ids.own = (await createRun(system, { experimentId: project.experimentId, tags: [{ key: "mlflow.parentRunId", value: above }] })).id;
  ids.other = (await createRun(system, { experimentId: project.experimentId })).id;
  ids.above = await aJob(above, null);
  ids.job = await aJob(ids.own, ids.above);
  credentials.step = { authorization: `Bearer ${stepTokenFor(ids.job)}` };
  credentials.share = { "x-flowbook-share": (await createShare(people.owner, { targetType: "run", targetId: ids.own })).token };

  const elsewhere = await aWorkspace();
  ids.foreign = (await createRun(elsewhere, { experimentId: (await createExperiment(elsewhere, { name: "e" })).experimentId })).id;
  ids.foreignProject = (await createProject(elsewhere, { name: "theirs", files: { "a.py": "1\n" } })).id;
});
afterAll(() => new Promise((done) => server.close(done)));

const mlflow = "/api/2.0/mlflow";
const flowbook = "/api/2.0/flowbook";
const metric = (runId: string) => ({ run_id: runId, key: "m", value: 1, timestamp: 1 });

/** `+` it is done (or refused for what is in it), `-` forbidden, `?` there is no such thing for this caller. In the order of `callers`. */
const matrix: [string, string, () => [method: string, path: string, body?: unknown]][] = [
  ["++++++++", "see the run", () => ["GET", `${mlflow}/runs/get?run_id=${ids.own}`]],
  ["++++++?+", "see another run", () => ["GET", `${mlflow}/runs/get?run_id=${ids.other}`]],
  ["????????", "see a run of another workspace", () => ["GET", `${mlflow}/runs/get?run_id=${ids.foreign}`]],
  ["-++-++-+", "make a run", () => ["POST", `${mlflow}/runs/create`, { experiment_id: ids.experiment }]],
  ["-++-++-+", "log to the run", () => ["POST", `${mlflow}/runs/log-metric`, metric(ids.own)]],
  ["-++-++--", "log to another run", () => ["POST", `${mlflow}/runs/log-metric`, metric(ids.other)]],
  ["-??-??-?", "log to a run of another workspace", () => ["POST", `${mlflow}/runs/log-metric`, metric(ids.foreign)]],
  ["-++-++-+", "store an artifact", () => ["PUT", `/api/2.0/mlflow-artifacts/artifacts/${ids.experiment}/${ids.own}/artifacts/a.txt`, "x"]],
  ["-++-++--", "make an experiment", () => ["POST", `${mlflow}/experiments/create`, { name: newId("e") }]],
  ["-++-++-+", "register a model", () => ["POST", `${mlflow}/registered-models/create`, { name: newId("m") }]],
  ["-++-++--", "delete a registered model", () => ["DELETE", `${mlflow}/registered-models/delete`, { name: "none" }]],
  ["++++++?+", "list the project's files", () => ["GET", `${flowbook}/projects/${ids.project}/files`]],
  ["????????", "list another workspace's files", () => ["GET", `${flowbook}/projects/${ids.foreignProject}/files`]],
  ["-++--+?-", "write a file", () => ["PUT", `${flowbook}/projects/${ids.project}/files/a.py`, "2\n"]],
  ["-++--+--", "launch", () => ["POST", `${flowbook}/projects/${ids.project}/launches`, { entry_point: "none" }]],
  ["-------+", "launch below a step", () => ["POST", `${flowbook}/nested-launches`, { project_uri: "https://elsewhere.test" }]],
  ["-++--+--", "type into a step", () => ["POST", `${flowbook}/launches/${ids.job}/input`, "y"]],
  ["-++--+--", "share", () => ["POST", `${flowbook}/shares`, { target: { type: "run", id: ids.own } }]],
  ["++++++--", "see who is here", () => ["GET", "/trpc/workspaces.members"]],
  ["++++++--", "see the runners", () => ["GET", "/trpc/jobs.runners"]],
  ["--+-----", "invite", () => ["POST", "/trpc/workspaces.invite", { role: "owner" }]],
  ["+++-----", "make a token", () => ["POST", "/trpc/workspaces.createToken", { name: "t", scope: "launch", expiresInDays: 1 }]],
];

test.each(matrix)("%s %s", async (expected, _, make) => {
  let found = "";
  for (const caller of callers) {
    const [method, path, body] = make();
    const { status } = await call(method, path, credentials[caller], body);
    const isOfDeletion = method === "DELETE" && status === 404;
    found += status < 400 || status === 400 || isOfDeletion ? "+" : status === 403 ? "-" : status === 404 ? "?" : `<${status}>`;
  }
  expect(found).toBe(expected);
});

test("who is nobody is asked to sign in, and a broken cookie is nobody", async () => {
  const asked: OutgoingHttpHeaders[] = [
    {}, { authorization: "Bearer fbk_0" }, { authorization: `Bearer ${stepTokenFor(ids.job)}0` }, { authorization: "Bearer step_" }, { "x-flowbook-share": "0".repeat(22) },
    { cookie: "flowbook.session_token=%E0%A4%A; flowbook_share=%" },
  ];
  for (const headers of asked) expect(await call("GET", `${mlflow}/runs/get?run_id=${ids.own}`, headers), JSON.stringify(headers)).toMatchObject({ status: 401 });
});

test("a share's header beside a session or a token narrows it; beside a step's credential it changes nothing", async () => {
  for (const caller of ["owner", "launch"] as const) {
    const both = { ...credentials[caller], ...credentials.share };
    expect(await call("GET", `${mlflow}/runs/get?run_id=${ids.other}`, both)).toMatchObject({ status: 404 });
    expect(await call("POST", `${mlflow}/runs/log-metric`, both, metric(ids.own))).toMatchObject({ status: 403 });
  }
  expect(await call("POST", `${mlflow}/runs/log-metric`, { ...credentials.step, ...credentials.share }, metric(ids.other))).toMatchObject({ status: 403 });
});

test("a step has no pages, and stops what is below it only", async () => {
  const asBasic = { authorization: `Basic ${Buffer.from(`step:${stepTokenFor(ids.job)}`).toString("base64")}` };
  for (const headers of [credentials.step, asBasic]) expect(await call("GET", "/default/settings", headers)).toMatchObject({ status: 403 });
  expect(await call("GET", "/default/settings", credentials.viewer)).toMatchObject({ status: 200 });
  expect(await call("POST", `${flowbook}/launches/${ids.above}/stop`, credentials.step, {})).toMatchObject({ status: 403 });
  const below = await aJob(ids.other, ids.job);
  await system.db.job.update({ where: { id: below }, data: { rootJobId: ids.above } });
  expect(await call("POST", `${flowbook}/launches/${below}/stop`, credentials.step, {})).toMatchObject({ status: 200 });
});

test.each([
  [{ origin: "http://127.0.0.1:3000" }, true], [{}, true], [{ "sec-fetch-site": "same-origin" }, true],
  [{ origin: "http://127.0.0.1:3001" }, false], [{ origin: "null" }, false], [{ origin: "http://127.0.0.1:3000.evil.test" }, false],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, false], [{ "sec-fetch-site": "same-site" }, false], [{ host: "10.0.0.1.evil.test" }, false],
] as [OutgoingHttpHeaders, boolean][])("a change from %j: %s", async (headers, isAllowed) => {
  const { status } = await call("POST", `${mlflow}/runs/log-metric`, { ...credentials.owner, ...headers }, metric(ids.own));
  expect(status).toBe(isAllowed ? 200 : 403);
});

test("what no text or number of the database can be is the caller's fault, not ours", async () => {
  const asked: [string, string, unknown?][] = [
    ["GET", `/trpc/projects.get?input=${encodeURIComponent('{"idOrName":"a\\u0000"}')}`],
    ["GET", `/get-artifact?run_id=${ids.own}%00&path=a`],
    ["GET", `${flowbook}/launches/job_%00`],
    ["GET", `${flowbook}/launches?page_token=${Buffer.from("999999999999999:job_x").toString("base64url")}`],
    ["GET", `${mlflow}/metrics/get-history?run_id=${ids.own}&metric_key=m&page_token=${Buffer.from('{"after":["9999999999999999999","0","0x1",false]}').toString("base64url")}`],
    ["GET", "/samples/constructor"],
    ["POST", `${mlflow}/model-versions/create`, { name: "odd", source: "models:/%E0%/1" }],
  ];
  await call("POST", `${mlflow}/registered-models/create`, credentials.owner, { name: "odd" });
  for (const [method, path, body] of asked) {
    const { status, text } = await call(method, path, credentials.owner, body);
    expect([200, 400, 404], `${path}: ${text}`).toContain(status);
  }
  await call("POST", `${mlflow}/runs/set-tag`, credentials.owner, { run_id: ids.own, key: "mlflow.log-model.history", value: "[{" });
  const model = JSON.stringify({ artifact_path: "m", flavors: {}, utc_time_created: "", run_id: ids.own });
  expect(await call("POST", `${mlflow}/runs/log-model`, credentials.owner, { run_id: ids.own, model_json: model })).toMatchObject({ status: 200 });
});

test("signing out ends the session at once, here and on its sockets", async () => {
  const person = await aPerson(system, "viewer");
  const userId = person.actor.kind === "user" ? person.actor.userId : "";
  const { headers } = await (await getAuth()).api.openSession({ body: { userId }, returnHeaders: true });
  const session = { cookie: headers.getSetCookie().map((c) => c.split(";")[0]).join("; ") };
  expect(await call("GET", "/trpc/workspaces.members", session)).toMatchObject({ status: 200 });
  const { listen } = await import("../changes");
  let told = 0;
  const stop = listen(`access:${userId}`, () => told++);
  expect(await call("POST", "/auth/sign-out", { ...session, origin: "http://127.0.0.1:3000" }, {})).toMatchObject({ status: 200 });
  stop();
  expect(told).toBe(1);
  expect(await call("GET", "/trpc/workspaces.members", session)).toMatchObject({ status: 401 });
});

test("guesses at a password are counted by where they come from, whatever they say of it", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) {
    const headers = { origin: "http://127.0.0.1:3000", "x-forwarded-for": `203.0.113.${i}`, "x-flowbook-peer": `203.0.113.${i}` };
    statuses.push((await call("POST", "/auth/sign-in/username", headers, { username: "rose", password: `wrong-password-${i}` })).status);
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses[10]).toBe(429);
});

test("an invitation that is none costs no hash and makes nobody", async () => {
  const body = { token: "inv_none", name: "X", username: "xx", password: "long enough password" };
  expect(await call("POST", "/auth/join", {}, body)).toMatchObject({ status: 404 });
  expect(await system.db.user.count({ where: { username: "xx" } })).toBe(0);
});
