import type pg from "pg";
import type { Db } from "./db";

/** Who is asking. */
export type Actor =
  | { kind: "user"; userId: string; name: string; color: string; role: Role; scope: TokenScope | null }
  /** FLOWBOOK_AUTH=open: everyone at this loopback address acts as the owner. */
  | { kind: "open"; role: "owner" }
  /** A browser that holds a share link: may view one target and what hangs below it. */
  | { kind: "share"; shareId: string; targetType: "run" | "experiment" | "project"; targetId: string }
  /** Project code in a sandbox: may write its own run and the runs below it, and nothing else of others. */
  | { kind: "step"; jobId: string; runId: string; experimentId: number; projectId: string; rootJobId: string }
  /** The server itself: runner, chores, start-up. */
  | { kind: "system" };

export type Role = "viewer" | "editor" | "owner";
/** read ⊂ track ⊂ launch; null for a person's own session, which its role alone limits. */
export type TokenScope = "read" | "track" | "launch";

/** Everything a verb needs to know of its caller and its surroundings. */
export type Ctx = {
  actor: Actor;
  workspaceId: string;
  db: Db;
  sql: pg.Pool;
  /** Taken from here, so that tests can hold the clock. */
  now: () => Date;
};

export function isPerson(actor: Actor): actor is Extract<Actor, { kind: "user" }> {
  return actor.kind === "user";
}

/** The user id to write beside a change, or null where no person made it. */
export const actorUserId = (ctx: Ctx): string | null => (ctx.actor.kind === "user" ? ctx.actor.userId : null);
