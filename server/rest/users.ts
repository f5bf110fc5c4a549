import { hashPassword, isPassword } from "@/server/auth";
import type { Ctx } from "@/server/ctx";
import {
  createPerson, getMyPasswordHash, getMyself, getPerson, isMyself, listPeople, type Person, removePerson, setPersonIsOwner, setPersonPassword,
} from "@/server/domain/workspaces";
import { invalid } from "@/server/errors";
import { requireAccess } from "@/server/access";
import { type Answer, endpoint } from "./door";
import type { Route } from "./router";
import { missingField } from "./wire/fields";
import * as wire from "./wire/users";

/* MLflow's basic-auth users, as far as our accounts have them: a user is a person of this workspace, an admin is an owner. */

const base = "/api/2.0/mlflow/users";

export const userRoutes: Route[] = [
  ["POST", `${base}/create`, endpoint(wire.createUser, async (ctx, { username, password }) => {
    // Before the costly hash.
    requireAccess(ctx, "administer");
    return { user: toWire(await createPerson(ctx, { username, passwordHash: await hashPassword(password) })) };
  })],
  ["GET", `${base}/get`, endpoint(wire.byUsername, async (ctx, input) => ({ user: toWire(await getPerson(ctx, input)) }))],
  ["GET", `${base}/current`, endpoint(wire.nothing, async (ctx) => ({ user: toWire(await getMyself(ctx)), is_basic_auth: ctx.actor.kind === "user" }))],
  ["GET", `${base}/list`, endpoint(wire.nothing, async (ctx) => ({ users: (await listPeople(ctx)).map(toWire) }))],
  ["PATCH", `${base}/update-password`, endpoint(wire.updatePassword, async (ctx, input) => {
    const person = await getPerson(ctx, input);
    if (isMyself(ctx, person.userId)) await checkCurrentPassword(ctx, input.current_password, input.password);
    await setPersonPassword(ctx, { username: input.username, passwordHash: await hashPassword(input.password) });
    return {};
  })],
  ["PATCH", `${base}/update-admin`, endpoint(wire.updateAdmin, async (ctx, input) => {
    if (input.is_admin === undefined) throw missingField("is_admin");
    await setPersonIsOwner(ctx, { username: input.username, isOwner: input.is_admin });
    return {};
  })],
  ["DELETE", `${base}/delete`, endpoint(wire.byUsername, async (ctx, input) => {
    await removePerson(ctx, input);
    return {};
  })],
];

/** One's own password is changed by who knows it: a session that somebody left open is not enough. */
async function checkCurrentPassword(ctx: Ctx, current: string | undefined, next: string): Promise<void> {
  if (!current) throw invalid("Current password is required when changing your own password.");
  const hash = await getMyPasswordHash(ctx);
  if (!hash || !(await isPassword(hash, current))) throw invalid("Current password does not match.");
  if (current === next) throw invalid("New password must differ from the current password.");
}

const toWire = (p: Person): Answer => ({ id: p.userId, username: p.username, is_admin: p.role === "owner" });
