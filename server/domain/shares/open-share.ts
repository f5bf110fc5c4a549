import type { Ctx } from "@/server/ctx";
import { getDb, getSql } from "@/server/db";
import { DomainError } from "@/server/errors";
import { hashSecret } from "../workspaces";
import type { ShareTarget } from "./types";

/** One way to say it, whatever the reason: a guess learns nothing. */
const noLink = () => new DomainError("not_found", "This link does not work (any more). Ask for a new one.");

/**
 * A ctx that may view what the link names, and nothing else.
 *
 * @throws DomainError `not_found` for a token that is unknown, expired or revoked.
 */
export async function openShare({ token, now = () => new Date() }: { token: string; now?: () => Date }): Promise<Ctx> {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) throw noLink();
  const db = getDb();
  const at = now();
  const row = await db.shareLink.findUnique({ where: { tokenHash: hashSecret(token) } });
  if (!row || row.revokedAt || row.expiresAt <= at) throw noLink();
  // A page asks many times; once a minute is enough to know that a link is used.
  if (!row.lastOpenedAt || at.getTime() - row.lastOpenedAt.getTime() > 60_000) {
    await db.shareLink.update({ where: { id: row.id }, data: { openedCount: { increment: 1 }, lastOpenedAt: at } });
  }
  return {
    actor: { kind: "share", shareId: row.id, targetType: row.targetType as ShareTarget, targetId: row.targetId },
    workspaceId: row.workspaceId, db, sql: getSql(), now,
  };
}
