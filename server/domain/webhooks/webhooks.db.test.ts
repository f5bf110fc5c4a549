import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Ctx } from "@/server/ctx";
import { getDb } from "@/server/db";
import { env } from "@/server/env";
import { aPerson, aWorkspace } from "@/server/testing";
import {
  createModelVersion, createRegisteredModel, deleteAlias, deleteModelVersionTag, deleteRegisteredModelTag, setAlias, setModelVersionTag, setRegisteredModelTag,
} from "../models";
import { createWebhook, deliverDue, listWebhooks, type SendOptions, startDeliveries, testWebhook, updateWebhook } from ".";
import { sendMessage } from "./send";

/** What a hostile name server answers, one list for each time it is asked; all other names are the machine's to resolve. */
const dns = vi.hoisted(() => ({ answers: {} as Record<string, string[][]>, asked: 0 }));
vi.mock("node:dns/promises", async (original) => {
  const real = await original<typeof import("node:dns/promises")>();
  const lookup = async (host: string, options: { all: true }) => {
    const planned = dns.answers[host];
    if (!planned) return real.lookup(host, options);
    const answer = planned[Math.min(dns.asked++, planned.length - 1)] ?? [];
    return answer.map((address) => ({ address, family: 4 }));
  };
  return { ...real, lookup };
});

type Taken = { headers: Record<string, string | string[] | undefined>; body: string; path: string };
let server: Server;
let url: string;
let options: SendOptions;
let dir: string;
let taken: Taken[] = [];
let answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string } = () => ({ status: 200 });

/** A receiver as people have them: https with a certificate for `localhost`, here of its own authority. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "flowbook-webhooks-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:one.invalid");
  const cert = readFileSync(join(dir, "cert.pem"), "utf8");
  server = createServer({ key: readFileSync(join(dir, "key.pem")), cert }, (req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    req.on("end", () => {
      const path = req.url ?? "";
      taken.push({ headers: req.headers, body, path });
      const { status, headers, body: text } = answer(path);
      res.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `https://localhost:${(server.address() as AddressInfo).port}`;
  options = { allowedHosts: ["localhost"], ca: cert, timeoutMs: 5_000 };
  vi.spyOn(env(), "webhookHosts", "get").mockReturnValue(["localhost"]);
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
  return new Promise((done) => server.close(done));
});
// Deliveries are sent for all workspaces: what a test leaves would be the next one's.
afterEach(async () => {
  await getDb().webhook.deleteMany();
  taken = [];
  answer = () => ({ status: 200 });
});

const event = (name: string) => ({ entity: name.split(".")[0] ?? "", action: name.split(".")[1] ?? "" });
const everything = ["registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted", "model_version_alias.created", "model_version_alias.deleted", "prompt.created", "prompt_version.created", "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set", "prompt_version_tag.deleted", "prompt_alias.created", "prompt_alias.deleted"].map(event);
const aWebhook = (ctx: Ctx, path = "/hook", events = everything, secret?: string) => createWebhook(ctx, { name: "hook", url: `${url}${path}`, events, secret });
const waiting = (ctx: Ctx) => ctx.db.webhookDelivery.findMany({ where: { webhook: { workspaceId: ctx.workspaceId } } });
const told = () => taken.map((t) => JSON.parse(t.body) as { entity: string; action: string; timestamp: string; data: unknown }).map((b) => ({ event: `${b.entity}.${b.action}`, data: b.data }));
const byEvent = (a: { event: string }, b: { event: string }) => (a.event < b.event ? -1 : 1);

test("each change of the registry is told once, with MLflow's names and signature", async () => {
  const ctx = await aWorkspace();
  await aWebhook(ctx, "/hook", everything, "s3cret");
  const [key, value] = ["k", "v"];
  await createRegisteredModel(ctx, { name: "m", tags: [{ key, value }], description: "d" });
  await createModelVersion(ctx, { name: "m", source: "s3://b/x", tags: [{ key, value }] });
  await setModelVersionTag(ctx, { name: "m", version: 1, key, value });
  await deleteModelVersionTag(ctx, { name: "m", version: 1, key });
  await setAlias(ctx, { name: "m", alias: "best", version: 1 });
  await deleteAlias(ctx, { name: "m", alias: "best" });
  // A tag of a model makes no event; one of a prompt does.
  await setRegisteredModelTag(ctx, { name: "m", key, value });
  await deliverDue(ctx, options);
  expect(told().sort(byEvent)).toEqual([
    { event: "model_version.created", data: { name: "m", version: "1", source: "s3://b/x", run_id: null, tags: { k: "v" }, description: null } },
    { event: "model_version_alias.created", data: { name: "m", alias: "best", version: "1" } },
    { event: "model_version_alias.deleted", data: { name: "m", alias: "best" } },
    { event: "model_version_tag.deleted", data: { name: "m", version: "1", key } },
    { event: "model_version_tag.set", data: { name: "m", version: "1", key, value } },
    { event: "registered_model.created", data: { name: "m", tags: { k: "v" }, description: "d" } },
  ]);
  for (const { headers, body } of taken) {
    const signed = `${headers["x-mlflow-delivery-id"]}.${headers["x-mlflow-timestamp"]}.${body}`;
    expect(headers["x-mlflow-signature"]).toBe(`v1,${createHmac("sha256", "s3cret").update(signed).digest("base64")}`);
  }
  expect(new Set(taken.map((t) => t.headers["x-mlflow-delivery-id"])).size).toBe(6);
  expect(await waiting(ctx)).toEqual([]);
});

test("a prompt is told as a prompt, without the tags that mark it", async () => {
  const ctx = await aWorkspace();
  await aWebhook(ctx);
  const marks = [{ key: "mlflow.prompt.is_prompt", value: "true" }, { key: "_mlflow_prompt_type", value: "text" }];
  await createRegisteredModel(ctx, { name: "p", tags: [...marks, { key: "k", value: "v" }] });
  await createModelVersion(ctx, { name: "p", source: "dummy-source", tags: [...marks, { key: "mlflow.prompt.text", value: "Hi {{x}}" }] });
  await setRegisteredModelTag(ctx, { name: "p", key: "k", value: "w" });
  await deleteRegisteredModelTag(ctx, { name: "p", key: "k" });
  await setModelVersionTag(ctx, { name: "p", version: 1, key: "k", value: "w" });
  await setAlias(ctx, { name: "p", alias: "live", version: 1 });
  await deliverDue(ctx, options);
  expect(told().sort(byEvent)).toEqual([
    { event: "prompt.created", data: { name: "p", tags: { k: "v" }, description: "" } },
    { event: "prompt_alias.created", data: { name: "p", alias: "live", version: "1" } },
    { event: "prompt_tag.deleted", data: { name: "p", key: "k" } },
    { event: "prompt_tag.set", data: { name: "p", key: "k", value: "w" } },
    { event: "prompt_version.created", data: { name: "p", version: "1", template: "Hi {{x}}", tags: {}, description: null } },
    { event: "prompt_version_tag.set", data: { name: "p", version: "1", key: "k", value: "w" } },
  ]);
  expect(taken[0]?.headers["x-mlflow-signature"]).toBeUndefined();
});

test("a change that fails leaves nothing to be told", async () => {
  const ctx = await aWorkspace();
  await aWebhook(ctx);
  await createRegisteredModel(ctx, { name: "m" });
  await expect(createRegisteredModel(ctx, { name: "m" })).rejects.toMatchObject({ kind: "already_exists" });
  expect(await waiting(ctx)).toHaveLength(1);
});

test("a receiver that fails is asked again later, with the same id; one that refuses is not", async () => {
  let nowMs = Date.now();
  const ctx = await aWorkspace({ now: () => new Date(nowMs) });
  await aWebhook(ctx, "/flaky", [event("registered_model.created")], "s");
  await aWebhook(ctx, "/gone", [event("registered_model.created")]);
  let isUp = false;
  answer = (path) => ({ status: path === "/gone" ? 410 : isUp ? 204 : 503 });
  await createRegisteredModel(ctx, { name: "m" });
  await deliverDue(ctx, options);
  await deliverDue(ctx, options);
  expect(taken.map((t) => t.path).sort()).toEqual(["/flaky", "/gone"]);
  expect((await waiting(ctx)).map((d) => [d.state, d.lastStatus]).sort()).toEqual([["failed", 410], ["pending", 503]]);
  nowMs += 1_300;
  await deliverDue(ctx, options);
  isUp = true;
  nowMs += 3_000;
  await deliverDue(ctx, options);
  expect(taken).toHaveLength(3);
  nowMs += 4_000;
  await deliverDue(ctx, options);
  const flaky = taken.filter((t) => t.path === "/flaky");
  expect(flaky).toHaveLength(3);
  expect(new Set(flaky.map((t) => t.headers["x-mlflow-delivery-id"])).size).toBe(1);
  // Signed anew, as receivers refuse what is old.
  expect(new Set(flaky.map((t) => t.headers["x-mlflow-timestamp"])).size).toBeGreaterThan(1);
  expect((await waiting(ctx)).map((d) => d.state)).toEqual(["failed"]);
});

test("what a sender left in the middle is sent by the next one, after its lease", async () => {
  let nowMs = Date.now();
  const ctx = await aWorkspace({ now: () => new Date(nowMs) });
  await aWebhook(ctx);
  await createRegisteredModel(ctx, { name: "m" });
  // As a process does that ends between taking a delivery and sending it.
  await ctx.db.webhookDelivery.updateMany({ where: { webhook: { workspaceId: ctx.workspaceId } }, data: { attempts: 1, nextAttemptAt: new Date(nowMs + 90_000) } });
  await deliverDue(ctx, options);
  expect(taken).toHaveLength(0);
  nowMs += 91_000;
  await deliverDue(ctx, options);
  expect(taken).toHaveLength(1);
});

test("who listens is told within moments of the change", async () => {
  const ctx = await aWorkspace();
  await aWebhook(ctx);
  const stop = startDeliveries(ctx, options);
  await createRegisteredModel(ctx, { name: "m" });
  await vi.waitFor(() => expect(taken).toHaveLength(1), { timeout: 3_000 });
  stop();
});

test("a webhook that is disabled is told nothing, also of what waits; another workspace's never", async () => {
  const [ctx, other] = [await aWorkspace(), await aWorkspace()];
  const { id } = await aWebhook(ctx);
  await aWebhook(other);
  await createRegisteredModel(ctx, { name: "m" });
  await updateWebhook(ctx, { webhookId: id, status: "DISABLED" });
  await createRegisteredModel(ctx, { name: "n" });
  await deliverDue(ctx, options);
  expect(taken).toHaveLength(0);
  expect(await waiting(ctx)).toEqual([]);
  await expect(updateWebhook(other, { webhookId: id, status: "ACTIVE" })).rejects.toMatchObject({ kind: "not_found" });
});

test("a redirect is not followed", async () => {
  const ctx = await aWorkspace();
  const { id } = await aWebhook(ctx, "/away");
  answer = (path) => (path === "/away" ? { status: 307, headers: { Location: `${url}/there` } } : { status: 200 });
  expect(await testWebhook(ctx, { webhookId: id }, options)).toMatchObject({ isSuccess: false, status: 307 });
  expect(taken.map((t) => t.path)).toEqual(["/away"]);
});

test("a test carries an example of the first event, or of the one that is named", async () => {
  const ctx = await aWorkspace();
  const { id } = await aWebhook(ctx, "/hook", [event("prompt_alias.created"), event("model_version.created")]);
  answer = () => ({ status: 201, body: "thanks" });
  expect(await testWebhook(ctx, { webhookId: id }, options)).toEqual({ isSuccess: true, status: 201, body: "thanks" });
  await testWebhook(ctx, { webhookId: id, event: event("prompt_tag.set") }, options);
  expect(told()).toMatchObject([{ event: "model_version.created", data: { version: "1" } }, { event: "prompt_tag.set", data: { name: "example_prompt" } }]);
  expect(await testWebhook(ctx, { webhookId: id }, { allowedHosts: ["localhost"] })).toMatchObject({ isSuccess: false, error: expect.stringContaining("self-signed") });
});

test("nothing inside the server's own network is dialled, however it is written", async () => {
  let hits = 0;
  const inside = createHttpServer(() => {}).on("connection", () => hits++);
  await new Promise<void>((done) => inside.listen(0, "0.0.0.0", done));
  const { port } = inside.address() as AddressInfo;
  const hosts = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "127.0.0.1.", "169.254.169.254", "10.0.0.1", "192.168.0.1"];
  const ctx = await aWorkspace();
  for (const host of hosts) {
    const address = `https://${host}:${port}/`;
    await expect(createWebhook(ctx, { name: "w", url: address, events: [event("prompt.created")] }), host).rejects.toMatchObject({ kind: "invalid" });
    await expect(sendMessage(address, { deliveryId: "d", body: "{}", secret: null, at: new Date() }, { allowedHosts: [], timeoutMs: 2_000 }), host).rejects.toMatchObject({ code: "EREFUSED" });
  }
  await expect(sendMessage(`https://localhost:${port}/`, { deliveryId: "d", body: "{}", secret: null, at: new Date() }, { allowedHosts: [] })).rejects.toMatchObject({ code: "EREFUSED" });
  expect(hits).toBe(0);
  inside.close();
});

test("the address that was checked is the one that is dialled, whatever the name says a moment later", async () => {
  const { port } = server.address() as AddressInfo;
  const message = { deliveryId: "d", body: "{}", secret: null, at: new Date() };
  dns.answers = { "one.invalid": [["127.0.0.1"], ["203.0.113.9"]], "turns.invalid": [["203.0.113.9"], ["127.0.0.1"]] };
  dns.asked = 0;
  // Nobody else could resolve this name: the listener is reached by the one answer that was checked.
  expect(await sendMessage(`https://one.invalid:${port}/`, message, { ...options, allowedHosts: ["one.invalid"] })).toMatchObject({ status: 200 });
  expect(dns.asked).toBe(1);
  dns.asked = 0;
  taken = [];
  await expect(sendMessage(`https://turns.invalid:${port}/`, message, { ...options, allowedHosts: [], timeoutMs: 500 })).rejects.toBeDefined();
  expect([dns.asked, taken.length]).toEqual([1, 0]);
});

test.each([
  [{ name: "-a" }, /name '-a' is invalid/],
  [{ name: "a".repeat(64) }, /is invalid/],
  [{ url: "http://93.184.216.34/" }, /scheme: 'http'. Allowed schemes are: https/],
  [{ url: " " }, /cannot be empty/],
  [{ url: "https://no-such-host.invalid/" }, /Cannot resolve/],
  [{ events: [] }, /non-empty list/],
  [{ events: [event("registered_model.deleted")] }, /Invalid action 'deleted' for entity 'registered_model'/],
  [{ events: [event("prompt.created"), event("prompt.created")] }, /twice/],
])("%j is refused", async (fields, message) => {
  const ctx = await aWorkspace();
  await expect(createWebhook(ctx, { name: "a", url: "https://93.184.216.34/", events: [event("prompt.created")], ...fields })).rejects.toThrow(message);
});

test("a secret is stored unreadable and never told; only owners see webhooks", async () => {
  const ctx = await aWorkspace();
  await aWebhook(ctx, "/hook", everything, "hunter2-hunter2");
  const row = await ctx.db.webhook.findFirstOrThrow({ where: { workspaceId: ctx.workspaceId } });
  expect(Buffer.from(row.secret ?? []).includes("hunter2")).toBe(false);
  const { webhooks } = await listWebhooks(ctx);
  expect(JSON.stringify(webhooks)).not.toContain("hunter2");
  expect(webhooks).toMatchObject([{ hasSecret: true }]);
  await expect(listWebhooks(await aPerson(ctx, "editor"))).rejects.toMatchObject({ kind: "forbidden" });
});

test("pages stay right while webhooks are added", async () => {
  const ctx = await aWorkspace();
  for (let i = 0; i < 5; i++) await aWebhook(ctx, `/${i}`);
  const first = await listWebhooks(ctx, { maxResults: 2 });
  await aWebhook(ctx, "/new");
  const second = await listWebhooks(ctx, { maxResults: 2, pageToken: first.nextPageToken });
  const third = await listWebhooks(ctx, { maxResults: 2, pageToken: second.nextPageToken });
  const all = [...first.webhooks, ...second.webhooks, ...third.webhooks].map((w) => w.url.at(-1));
  expect(all.sort()).toEqual(["0", "1", "2", "3", "4"]);
  expect(third.nextPageToken).toBeUndefined();
});
