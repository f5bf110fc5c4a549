import type { Actor, Ctx, Role, TokenScope } from "./ctx";
import { DomainError } from "./errors";

/**
 * What may be done, in words. This table is the whole policy for people and tokens; shares and steps are narrowed further
 * by the verbs that know the target (`requireRunAccess` in domain/runs).
 */
export const policy = {
  /** See projects, files, runs, experiments, models. */
  view: { role: "viewer", scope: "read" },
  /** Write to the tracking store and the registry. */
  track: { role: "editor", scope: "track" },
  /** Change files and projects. */
  edit: { role: "editor", scope: "launch" },
  /** Start, stop and type into steps. */
  launch: { role: "editor", scope: "launch" },
  /** Make and revoke share links. */
  share: { role: "editor", scope: "launch" },
  /** People, invitations, every token. Sessions only: no token administers. */
  administer: { role: "owner", scope: null },
} as const satisfies Record<string, { role: Role; scope: TokenScope | null }>;

export type Action = keyof typeof policy;

const roleRank: Record<Role, number> = { viewer: 0, editor: 1, owner: 2 };
const scopeRank: Record<TokenScope, number> = { read: 0, track: 1, launch: 2 };

/** Whether the actor may do this in its workspace at all. A share or a step may only what its verbs allow one by one. */
export function can(ctx: { actor: Actor }, action: Action): boolean {
  const { actor } = ctx;
  if (actor.kind === "system" || actor.kind === "open") return true;
  if (actor.kind === "share") return false;
  if (actor.kind === "step") return action === "view" || action === "track";
  const need = policy[action];
  if (roleRank[actor.role] < roleRank[need.role]) return false;
  if (actor.scope === null) return true;
  return need.scope !== null && scopeRank[actor.scope] >= scopeRank[need.scope];
}

/** @throws DomainError `forbidden` that names what is missing. */
export function requireAccess(ctx: Ctx, action: Action): void {
  if (can(ctx, action)) return;
  const { actor } = ctx;
  if (actor.kind === "user" && actor.scope !== null && roleRank[actor.role] >= roleRank[policy[action].role]) {
    throw new DomainError("forbidden", `This token's scope is '${actor.scope}'. ${policy[action].scope ? `Make one with the scope '${policy[action].scope}' in Settings.` : "Sign in for this."}`);
  }
  if (actor.kind === "user") {
    throw new DomainError("forbidden", `This needs the role '${policy[action].role}'; yours is '${actor.role}'. An owner can change it in Settings.`);
  }
  throw new DomainError("forbidden", "This is not allowed here.");
}
