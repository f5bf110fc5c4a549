import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { passwordRule } from "@/common/secrets";
import { getDb } from "../db";
import { env } from "../env";

/** A secret of this server, made once and kept under the data folder, readable by the server's user alone. */
export function serverSecret(name: string): string {
  const folder = join(env().dataDir, "secrets");
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
    } catch (error) {
      // Another process was first: its secret holds.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return readFileSync(file, "utf8").trim();
}

type Tools = Awaited<ReturnType<typeof load>>;

/** Loaded when somebody signs in or comes with a session: a third of a start's work, and nothing to a server that is only logged to. */
async function load() {
  const [{ betterAuth }, { prismaAdapter }, { createAuthEndpoint }, { setSessionCookie }, { username }, { toNodeHandler }] = await Promise.all([
    import("better-auth"),
    import("better-auth/adapters/prisma"),
    import("better-auth/api"),
    import("better-auth/cookies"),
    import("better-auth/plugins"),
    import("better-auth/node"),
  ]);
  return { betterAuth, prismaAdapter, createAuthEndpoint, setSessionCookie, username, toNodeHandler };
}

/** Opens a session for a person whom something else has proved: the owner's link, an accepted invitation. Not reachable by HTTP. */
const sessions = ({ createAuthEndpoint, setSessionCookie }: Tools) => ({
  id: "flowbook-sessions",
  endpoints: {
    openSession: createAuthEndpoint("/flowbook/open-session", { method: "POST", body: z.object({ userId: z.string() }), metadata: { SERVER_ONLY: true } }, async (ctx) => {
      const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
      if (!user) throw ctx.error("NOT_FOUND");
      const session = await ctx.context.internalAdapter.createSession(user.id);
      await setSessionCookie(ctx, { session, user });
      return ctx.json({ userId: user.id });
    }),
  },
});

/** Where the door writes from whom a request comes. Never a header of the client's own: with one he would count as somebody new at each guess. */
export const peerHeader = "x-flowbook-peer";

function make(tools: Tools) {
  const { betterAuth, prismaAdapter, username } = tools;
  return betterAuth({
    baseURL: env().publicUrl,
    basePath: "/auth",
    secret: serverSecret("auth"),
    database: prismaAdapter(getDb(), { provider: "postgresql" }),
    // People come by invitation only.
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: passwordRule.min, maxPasswordLength: passwordRule.max },
    user: { additionalFields: { color: { type: "string", required: false, input: false } } },
    session: { expiresIn: 30 * 24 * 3600, updateAge: 24 * 3600 },
    advanced: { cookiePrefix: "flowbook", useSecureCookies: env().publicUrl.startsWith("https:"), defaultCookieAttributes: { sameSite: "lax", httpOnly: true }, ipAddress: { ipAddressHeaders: [peerHeader] } },
    rateLimit: { enabled: true, window: 60, max: 120, customRules: { "/sign-in/username": { window: 60, max: 10 } } },
    telemetry: { enabled: false },
    plugins: [username({ minUsernameLength: 2, maxUsernameLength: 40 }), sessions(tools)],
  });
}

let auth: Promise<ReturnType<typeof make>> | undefined;
export function getAuth(): Promise<ReturnType<typeof make>> {
  auth ??= load().then(make);
  return auth;
}

/** Answers one of better-auth's own paths. */
export async function handleByAuth(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { toNodeHandler } = await load();
  await toNodeHandler(await getAuth())(req, res);
}
