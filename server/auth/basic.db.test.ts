import { type OutgoingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { newId } from "@/common/ids";
import type { Ctx } from "../ctx";
import { createToken } from "../domain/workspaces";
import { createListener } from "../http/listener";
import { aPerson } from "../testing";
import { getSystemCtx, hashPassword } from ".";

/* MLflow's user calls and HTTP Basic, through the door that clients use. */

// Before the environment is read, which the imports above may do.
vi.hoisted(() => vi.stubEnv("FLOWBOOK_AUTH", "accounts"));

let server: Server;
let system: Ctx;
let ownerCtx: Ctx;
const users = "/api/2.0/mlflow/users";
const basic = (username: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` });
const owner = basic("boss", "the owner's own");

type Answer = { status: number; json: Record<string, unknown> };
function call(method: string, path: string, headers: OutgoingHttpHeaders, body?: unknown): Promise<Answer> {
  const raw = body === undefined ? undefined : JSON.stringify(body);
  const { port } = server.address() as AddressInfo;
  return new Promise((done, fail) => {
    const type = raw === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(raw) };
    const req = request({ host: "127.0.0.1", port, method, path, headers: { host: "127.0.0.1:3000", ...type, ...headers } }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      res.on("end", () => done({ status: res.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> }));
    });
    req.on("error", fail);
    req.end(raw);
  });
}
const who = (headers: OutgoingHttpHeaders) => call("GET", `${users}/current`, headers);
const make = (username: string, password = "a long password") => call("POST", `${users}/create`, owner, { username, password });

async function named(ctx: Ctx, username: string, password: string) {
  const userId = ctx.actor.kind === "user" ? ctx.actor.userId : "";
  await ctx.db.user.update({ where: { id: userId }, data: { username } });
  await ctx.db.account.create({ data: { id: newId("acc"), accountId: userId, providerId: "credential", userId, password: await hashPassword(password) } });
}

beforeAll(async () => {
  server = createListener(async (_req, res) => void res.end("a page")).listen(0, "127.0.0.1");
  system = await getSystemCtx();
  ownerCtx = await aPerson(system, "owner");
  await named(ownerCtx, "boss", "the owner's own");
});
afterAll(() => new Promise((done) => server.close(done)));

test("a name and password let a client in, whatever the name's case; anything else does not", async () => {
  expect(await who(owner)).toMatchObject({ status: 200, json: { user: { username: "boss", is_admin: true }, is_basic_auth: true } });
  expect((await who(basic("BOSS", "the owner's own"))).status).toBe(200);
  for (const [name = "", password = ""] of [["boss", "the owner's OWN"], ["boss", "the owner's ow"], ["boss", ""], ["", "the owner's own"], ["", ""], ["nobody", "the owner's own"]]) {
    expect((await who(basic(name, password))).status, `${name}:${password}`).toBe(401);
  }
  expect((await who({ authorization: "Basic" })).status).toBe(401);
  expect((await who({ authorization: "Basic !!!!" })).status).toBe(401);
});

test("an owner makes, reads, lists and removes users; a removed one is out at once and the name is free", async () => {
  expect(await make("ann")).toMatchObject({ status: 200, json: { user: { username: "ann", is_admin: false } } });
  expect(await make("Ann")).toMatchObject({ status: 400, json: { error_code: "RESOURCE_ALREADY_EXISTS" } });
  expect(await make("x", "short")).toMatchObject({ status: 400 });
  const ann = basic("ann", "a long password");
  expect((await call("POST", "/api/2.0/mlflow/experiments/create", ann, { name: "ann's" })).status).toBe(200);
  expect(await call("GET", `${users}/get?username=ann`, owner)).toMatchObject({ json: { user: { username: "ann" } } });
  expect((await call("GET", `${users}/list`, owner)).json.users).toMatchObject([{ username: "boss", is_admin: true }, { username: "ann", is_admin: false }]);
  expect((await call("GET", `${users}/get?username=ann`, ann)).status).toBe(200);
  for (const [method, path, body] of [["GET", "get?username=boss", undefined], ["GET", "list", undefined], ["POST", "create", { username: "eve", password: "a long password" }], ["PATCH", "update-admin", { username: "ann", is_admin: true }], ["DELETE", "delete", { username: "boss" }]] as const) {
    expect((await call(method, `${users}/${path}`, ann, body)).status, path).toBe(403);
  }
  expect((await call("DELETE", `${users}/delete`, owner, { username: "ann" })).status).toBe(200);
  expect((await who(ann)).status).toBe(401);
  expect(await call("GET", `${users}/get?username=ann`, owner)).toMatchObject({ status: 404, json: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
  expect((await make("ann", "another password")).status).toBe(200);
});

test("a password that changes ends the old one at once; one's own needs the one before", async () => {
  await make("bob");
  const bob = basic("bob", "a long password");
  const change = (by: OutgoingHttpHeaders, body: object) => call("PATCH", `${users}/update-password`, by, { username: "bob", ...body });
  expect((await who(bob)).status).toBe(200);
  expect(await change(bob, { password: "a new password" })).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
  expect((await change(bob, { password: "a new password", current_password: "not this one" })).status).toBe(400);
  expect((await change(bob, { password: "a new password", current_password: "a long password" })).status).toBe(200);
  expect((await who(bob)).status).toBe(401);
  expect((await who(basic("bob", "a new password"))).status).toBe(200);
  expect((await change(owner, { password: "by the owner" })).status).toBe(200);
  expect((await who(basic("bob", "a new password"))).status).toBe(401);
});

test("the last owner stays one, also when two leave at once", async () => {
  const setAdmin = (username: string, isAdmin: boolean, by = owner) => call("PATCH", `${users}/update-admin`, by, { username, is_admin: isAdmin });
  expect(await setAdmin("boss", false)).toMatchObject({ status: 400 });
  expect((await call("DELETE", `${users}/delete`, owner, { username: "boss" })).json.error_code).toBe("BAD_REQUEST");
  await make("cat");
  const cat = basic("cat", "a long password");
  expect((await setAdmin("cat", true)).status).toBe(200);
  expect((await who(cat)).json.user).toMatchObject({ is_admin: true });
  await Promise.all([setAdmin("boss", false), setAdmin("cat", false, cat)]);
  expect(await system.db.member.count({ where: { workspaceId: system.workspaceId, role: "owner" } })).toBe(1);
  await system.db.member.updateMany({ where: { workspaceId: system.workspaceId, user: { username: "boss" } }, data: { role: "owner" } });
});

test("an owner's token does not manage people", async () => {
  const { token } = await createToken(ownerCtx, { name: "t", scope: "launch" });
  expect((await who({ authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await who(basic("anybody", token))).status).toBe(200);
  expect((await call("POST", `${users}/create`, { authorization: `Bearer ${token}` }, { username: "eve", password: "a long password" })).status).toBe(403);
  expect((await call("PATCH", `${users}/update-password`, { authorization: `Bearer ${token}` }, { username: "boss", password: "a long password" })).status).toBe(403);
});

test("guesses are counted: after ten the right password is not looked at either, until the minute is over", async () => {
  await make("dan");
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => who(basic("dan", `guess ${i}`))));
  expect(answers.map((a) => a.status)).toEqual(Array(10).fill(401));
  expect(await who(basic("dan", "a long password"))).toMatchObject({ status: 429, json: { error_code: "RESOURCE_EXHAUSTED" } });
  expect((await who(owner)).status).toBe(200);
});
