import { createHmac, randomBytes } from "node:crypto";
import type { Ctx } from "../ctx";
import { findSignIn } from "../domain/workspaces";
import { DomainError } from "../errors";
import { getAuth } from "./better-auth";

/*
 * HTTP Basic with a person's name and password, as MLflow's clients send it (MLFLOW_TRACKING_USERNAME and _PASSWORD). They send it with each
 * request, so who was let in is held for a moment by the caller of this; wrong guesses are counted here.
 */

const windowMs = 60_000;
const maxGuesses = { ofPeerForName: 10, ofPeer: 60 };
/** Failures of the last minute, by peer and by peer and name. */
const guesses = new Map<string, number[]>();
const processKey = randomBytes(32);

/** A key by which a pair can be held in memory without its password. */
export const basicDigest = (username: string, password: string): string => createHmac("sha256", processKey).update(`${username}\0${password}`).digest("base64url");

/**
 * Who signs in by this name and password; null when that is nobody. An unknown name takes as long as a wrong password.
 *
 * @throws DomainError `over_limit` after too many wrong guesses from one peer within a minute.
 */
export async function ctxOfPassword(base: Ctx, { username, password, peer }: { username: string; password: string; peer: string }): Promise<Ctx | null> {
  const keys = { ofPeerForName: `${peer} ${username.toLowerCase()}`, ofPeer: peer };
  const nowMs = Date.now();
  if (recent(keys.ofPeerForName, nowMs) >= maxGuesses.ofPeerForName || recent(keys.ofPeer, nowMs) >= maxGuesses.ofPeer) {
    throw new DomainError("over_limit", "Too many wrong passwords from this address. Wait a minute and try again.");
  }
  const tools = (await (await getAuth()).$context).password;
  const found = username.length <= 100 && password.length <= 500 ? await findSignIn(base, { username }) : null;
  decoy ??= tools.hash(randomBytes(16).toString("hex"));
  const isRight = await tools.verify({ hash: found?.passwordHash ?? (await decoy), password: password.slice(0, 500) });
  if (!found || !isRight) {
    note(keys.ofPeerForName, nowMs);
    note(keys.ofPeer, nowMs);
    return null;
  }
  const { userId, name, color, role, workspaceId } = found;
  return { ...base, workspaceId, actor: { kind: "user", userId, name, color, role, scope: null } };
}

let decoy: Promise<string> | undefined;

function recent(key: string, nowMs: number): number {
  const times = (guesses.get(key) ?? []).filter((t) => nowMs - t < windowMs);
  if (times.length > 0) guesses.set(key, times);
  else guesses.delete(key);
  return times.length;
}

function note(key: string, nowMs: number): void {
  // A flood of names must not fill the memory; the oldest are forgotten.
  if (guesses.size > 10_000) for (const old of [...guesses.keys()].slice(0, 1_000)) guesses.delete(old);
  guesses.set(key, [...(guesses.get(key) ?? []), nowMs]);
}
