import { createHash } from "node:crypto";
import { listenAny } from "../changes";
import type { Actor, Ctx } from "../ctx";
import { findRole, findTokenHolder, systemCtx } from "../domain/workspaces";
import { actorOfStepToken } from "../domain/jobs";
import { openShare } from "../domain/shares";
import { env } from "../env";
import { DomainError } from "../errors";
import { basicDigest, ctxOfPassword } from "./basic";
import { getAuth } from "./better-auth";

export type RequestHeaders = Headers | Record<string, string | string[] | undefined>;

/** Session and token look-ups are held this long; a change of access is announced and drops them at once. */
const holdMs = 15_000;
type Held = { ctx: Ctx | null; untilMs: number; userId?: string };
const held = new Map<string, Held>();
/** Counts changes of access: what was looked up before one is not held after it. */
let accessChanges = 0;
let system: Promise<Ctx> | undefined;
let isWatching = false;

function watch() {
  if (isWatching) return;
  isWatching = true;
  listenAny((topic) => {
    if (topic.startsWith("access:") || topic.startsWith("share:")) accessChanges++;
    if (topic.startsWith("access:")) for (const [key, h] of held) if (h.userId === topic.slice(7)) held.delete(key);
    if (topic.startsWith("share:")) for (const key of held.keys()) if (key.startsWith("share ")) held.delete(key);
  });
}

/** The server's own ctx in the default workspace. */
export function getSystemCtx(): Promise<Ctx> {
  system ??= systemCtx();
  system.catch(() => {
    system = undefined;
  });
  return system;
}

/**
 * Who is asking: a step's credential, a client's token (Bearer, or Basic with the token as password), a person's name and password
 * (Basic), a person's session, a share link. One resolver for every door.
 *
 * @param peer from whom the request comes, by which wrong passwords are counted; without it no password lets anybody in
 * @returns null when nobody is known by these headers.
 * @throws DomainError `unauthenticated` for a token or password that is wrong, revoked or expired; `over_limit` for too many guesses.
 */
export async function resolveCtx({ headers, peer = "" }: { headers: RequestHeaders; peer?: string }): Promise<Ctx | null> {
  watch();
  // Not by `instanceof Headers`: to name it loads Node's whole fetch.
  const get = (name: string) => (typeof headers.get === "function" ? headers.get(name) : [(headers as Record<string, string | string[] | undefined>)[name]].flat()[0]) ?? undefined;
  const base = await getSystemCtx();
  const credential = credentialOf(get("authorization"));
  if (credential?.startsWith("step_")) {
    const step = await actorOfStepToken(base, credential);
    if (!step) throw new DomainError("unauthenticated", "This step has ended.");
    return { ...base, workspaceId: step.workspaceId, actor: step.actor };
  }

  const shareToken = get("x-flowbook-share");
  if (shareToken) return hold(`share ${digest(shareToken)}`, () => ctxOfShare(shareToken));
  if (env().auth === "open") return { ...base, actor: { kind: "open", role: "owner" } };

  const pair = basicPairOf(get("authorization"));
  if (pair && peer && !/^(fbk|step)_/.test(pair.password)) {
    const ctx = await hold(`basic ${basicDigest(pair.username, pair.password)}`, () => ctxOfPassword(base, { ...pair, peer }));
    if (!ctx) throw new DomainError("unauthenticated", "This username or password is wrong. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN to a token from Settings.");
    return ctx;
  }
  if (credential) {
    const ctx = await hold(`token ${digest(credential)}`, () => ctxOfToken(base, credential));
    if (!ctx) throw new DomainError("unauthenticated", "This token is not known here, was revoked or has expired. Make one in Settings, and set MLFLOW_TRACKING_TOKEN to it.");
    return ctx;
  }
  const cookie = get("cookie");
  if (!cookie) return null;
  const session = cookieValue(cookie, env().publicUrl.startsWith("https:") ? "__Secure-flowbook.session_token" : "flowbook.session_token");
  if (session) {
    const ctx = await hold(`session ${digest(session)}`, () => ctxOfSession(base, cookie));
    if (ctx) return ctx;
  }
  const share = cookieValue(cookie, "flowbook_share");
  return share ? hold(`share ${digest(share)}`, () => ctxOfShare(share)) : null;
}

/** Look-ups under way: clients that come at once with one credential are looked up once. */
const looking = new Map<string, Promise<Ctx | null>>();

async function hold(key: string, look: () => Promise<Ctx | null>): Promise<Ctx | null> {
  const found = held.get(key);
  if (found && found.untilMs > Date.now()) return found.ctx;
  // One that began before a change of access may not answer for who comes after it.
  const name = `${accessChanges} ${key}`;
  const same = looking.get(name);
  if (same) return same;
  const mine = lookAndHold(key, look).finally(() => looking.delete(name));
  looking.set(name, mine);
  return mine;
}

async function lookAndHold(key: string, look: () => Promise<Ctx | null>): Promise<Ctx | null> {
  const changesBefore = accessChanges;
  const ctx = await look();
  if (changesBefore !== accessChanges) return ctx;
  if (held.size > 5_000) held.clear();
  held.set(key, { ctx, untilMs: Date.now() + (ctx ? holdMs : 1_000), ...(ctx?.actor.kind === "user" ? { userId: ctx.actor.userId } : {}) });
  return ctx;
}

/** Whether a request speaks for a step, whatever else it carries: a step has the tracking API and our own, no pages and no sockets. */
export function isStepRequest(headers: { authorization?: string | undefined }): boolean {
  return credentialOf(headers.authorization)?.startsWith("step_") ?? false;
}

/** Drops what is held for a cookie that was just signed out. */
export function forgetSession(cookie: string | undefined) {
  accessChanges++;
  const session = cookie && (cookieValue(cookie, "flowbook.session_token") ?? cookieValue(cookie, "__Secure-flowbook.session_token"));
  if (session) held.delete(`session ${digest(session)}`);
}

async function ctxOfToken(base: Ctx, token: string): Promise<Ctx | null> {
  const holder = await findTokenHolder(base, { token });
  if (!holder) return null;
  const { workspaceId, ...who } = holder;
  return { ...base, workspaceId, actor: { kind: "user", ...who } };
}

async function ctxOfSession(base: Ctx, cookie: string): Promise<Ctx | null> {
  const session = await (await getAuth()).api.getSession({ headers: new Headers({ cookie }) });
  if (!session) return null;
  const role = await findRole(base, { workspaceId: base.workspaceId, userId: session.user.id });
  if (!role) return null;
  const actor: Actor = { kind: "user", userId: session.user.id, name: session.user.name, color: session.user.color ?? "teal", role, scope: null };
  return { ...base, actor };
}

async function ctxOfShare(token: string): Promise<Ctx | null> {
  try {
    return await openShare({ token });
  } catch (error) {
    if (error instanceof DomainError && error.kind === "not_found") return null;
    throw error;
  }
}

function credentialOf(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const [scheme, value] = header.split(/\s+/, 2);
  if (!value) return undefined;
  if (/^bearer$/i.test(scheme ?? "")) return value;
  if (!/^basic$/i.test(scheme ?? "")) return undefined;
  // Clients that know only user and password send the token as password (or as user, with nothing behind it).
  const [user, ...rest] = Buffer.from(value, "base64").toString("utf8").split(":");
  return rest.join(":") || user || undefined;
}

/** A username and a password, both there. */
function basicPairOf(header: string | undefined): { username: string; password: string } | null {
  const [scheme, value] = header?.split(/\s+/, 2) ?? [];
  if (!value || !/^basic$/i.test(scheme ?? "")) return null;
  const [username = "", ...rest] = Buffer.from(value, "base64").toString("utf8").split(":");
  const password = rest.join(":");
  return username && password ? { username, password } : null;
}

function cookieValue(cookies: string, name: string): string | undefined {
  for (const part of cookies.split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return decode(part.slice(at + 1).trim());
  }
  return undefined;
}

/** Anybody can send a cookie with a broken escape; it is then no token of ours. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
