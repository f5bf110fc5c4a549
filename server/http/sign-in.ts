import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { passwordRule } from "@/common/secrets";
import { forgetSession, getAuth, handleByAuth, getSystemCtx, peerHeader, resolveCtx } from "../auth";
import { announce } from "../changes";
import { acceptInvitation, findRole, openInvitation, redeemOwnerLink } from "../domain/workspaces";
import { getDb } from "../db";
import { DomainError, invalid } from "../errors";
import { readBody, sendJson } from "./answers";
import { peerOf } from "./guard";

/** Copies the cookie of a session opened for this person onto the answer. */
async function openSession(res: ServerResponse, userId: string): Promise<void> {
  const { headers } = await (await getAuth()).api.openSession({ body: { userId }, returnHeaders: true });
  res.setHeader("Set-Cookie", headers.getSetCookie());
}

/** The owner's one-time link. An ended one is answered by the page of the same address, which says why. */
export async function handleOwnerLink(_req: IncomingMessage, res: ServerResponse, token: string): Promise<boolean> {
  try {
    const { userId } = await redeemOwnerLink(await getSystemCtx(), { token });
    await openSession(res, userId);
    res.writeHead(303, { Location: "/", "Cache-Control": "no-store" }).end();
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.kind === "not_found") return false;
    throw error;
  }
}

const joinBody = z.object({
  token: z.string().max(200),
  name: z.string().trim().min(1, "Write your name.").max(80),
  username: z.string().trim().regex(/^[a-zA-Z0-9_.]{2,40}$/, "2 to 40 letters, digits, dots or underscores."),
  password: z.string().min(passwordRule.min, `At least ${passwordRule.min} characters.`).max(passwordRule.max),
});

const passwordBody = z.object({ username: joinBody.shape.username, password: joinBody.shape.password, name: joinBody.shape.name.optional() });

async function parse<T>(req: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse((await readBody(req, 16_384)).toString("utf8"));
  } catch {
    throw invalid("The body is not JSON.");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((i) => ({ field: i.path.join("."), message: i.message }));
  throw invalid(problems.map((p) => `${p.field}: ${p.message}`).join(" "), problems);
}

/**
 * POST /auth/join {token, name, username, password} · POST /auth/set-password {username, password, name?} (a person without one) ·
 * the rest of /auth/* is better-auth's (sign-in/username, sign-out, change-password).
 */
export async function handleAuth(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  if (path === "/auth/join" && req.method === "POST") {
    const body = await parse(req, joinBody);
    // Before the costly hash: without an invitation nobody makes the server work.
    await openInvitation(await getSystemCtx(), { token: body.token });
    const { password } = await (await getAuth()).$context;
    const person = { name: body.name, username: body.username, passwordHash: await password.hash(body.password) };
    const { userId } = await acceptInvitation(await getSystemCtx(), { token: body.token, person });
    await openSession(res, userId);
    return sendJson(res, 200, {});
  }
  if (path === "/auth/set-password" && req.method === "POST") return setFirstPassword(req, res);
  if (!allowedPaths.has(path)) throw new DomainError("not_found", "There is nothing at this address.");
  req.headers[peerHeader] = peerOf(req);
  if (path === "/auth/sign-out") return signOut(req, res);
  await handleByAuth(req, res);
}

/** The person's sockets end with the session; those of their other sessions come back by themselves. */
async function signOut(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const leaving = await resolveCtx({ headers: { cookie: req.headers.cookie } }).catch(() => null);
  await handleByAuth(req, res);
  forgetSession(req.headers.cookie);
  if (leaving?.actor.kind === "user") announce(leaving, `access:${leaving.actor.userId}`);
}

/** Only what the pages use: better-auth's other endpoints stay closed. */
const allowedPaths = new Set(["/auth/sign-in/username", "/auth/sign-out", "/auth/get-session", "/auth/change-password"]);

/** The owner who came by a one-time link has no password yet; whoever has one changes it by change-password. */
async function setFirstPassword(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const ctx = await resolveCtx({ headers: req.headers });
  if (ctx?.actor.kind !== "user" || ctx.actor.scope !== null) throw new DomainError("unauthenticated", "Sign in first.");
  const body = await parse(req, passwordBody);
  const { userId } = ctx.actor;
  const system = await getSystemCtx();
  if (!(await findRole(system, { workspaceId: ctx.workspaceId, userId }))) throw new DomainError("forbidden", "This is not allowed here.");
  const { password } = await (await getAuth()).$context;
  const passwordHash = await password.hash(body.password);
  const username = body.username.toLowerCase();
  await getDb().$transaction(async (tx) => {
    if (await tx.account.findFirst({ where: { userId, providerId: "credential" } })) throw invalid("You have a password already. Change it instead.");
    const taken = await tx.user.findFirst({ where: { username, NOT: { id: userId } }, select: { id: true } });
    if (taken) throw invalid("This name is taken. Choose another.", [{ field: "username", message: "This name is taken. Choose another." }]);
    await tx.user.update({ where: { id: userId }, data: { username, displayUsername: body.username, ...(body.name ? { name: body.name } : {}) } });
    await tx.account.create({ data: { id: `acc_${crypto.randomUUID()}`, accountId: userId, providerId: "credential", userId, password: passwordHash } });
  });
  sendJson(res, 200, {});
}
