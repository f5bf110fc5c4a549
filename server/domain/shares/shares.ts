import { newId } from "@/common/ids";
import { limits } from "@/common/limits";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import { actorUserId, type Ctx } from "@/server/ctx";
import { getDb, getSql } from "@/server/db";
import { env } from "@/server/env";
import { DomainError, invalid, notFound } from "@/server/errors";
import { getExperiment } from "../experiments";
import { getProject } from "../projects";
import { getRun } from "../runs";
import { hashSecret, newSecret } from "../workspaces";

export type ShareTargetType = "run" | "experiment" | "project";
export type ShareEntry = {
  id: string; targetType: ShareTargetType; targetId: string; name: string; createdAtMs: number; expiresAtMs: number;
  revokedAtMs: number | null; createdBy: { userId: string; name: string; color: string } | null; state: "open" | "revoked" | "expired"; openedCount: number; lastOpenedAtMs: number | null;
};

const defaultLifeSeconds = 7 * 24 * 3600;
const longestLifeSeconds = 366 * 24 * 3600;

/** A view-only link to one thing. The address holds the token and is told once; only its hash is kept. */
export async function createShare(
  ctx: Ctx,
  { targetType, targetId, name = "", expiresInSeconds = defaultLifeSeconds }: { targetType: ShareTargetType; targetId: string; name?: string; expiresInSeconds?: number },
): Promise<ShareEntry & { token: string; url: string }> {
  requireAccess(ctx, "share");
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > longestLifeSeconds) {
    throw invalid(`expires_in_seconds is ${expiresInSeconds}. Write a whole number from 1 to ${longestLifeSeconds} (a year).`, [{ field: "expires_in_seconds", message: `A whole number from 1 to ${longestLifeSeconds}.` }]);
  }
  const id = await requireTarget(ctx, targetType, targetId);
  const token = newSecret("shr");
  const row = await ctx.db.shareLink.create({
    data: {
      id: newId("shl"), workspaceId: ctx.workspaceId, tokenHash: hashSecret(token), targetType, targetId: id, name: name.slice(0, 200),
      createdById: actorUserId(ctx), createdAt: ctx.now(), expiresAt: new Date(ctx.now().getTime() + expiresInSeconds * 1000),
    },
  });
  return { ...entryOf(row, ctx.now()), token, url: `${env().publicUrl}/share/${token}` };
}

async function requireTarget(ctx: Ctx, targetType: ShareTargetType, targetId: string): Promise<string> {
  if (targetType === "run") return (await getRun(ctx, { runId: targetId })).id;
  if (targetType === "project") return (await getProject(ctx, { idOrName: targetId })).id;
  const experimentId = Number(targetId);
  if (!Number.isSafeInteger(experimentId)) throw notFound("experiment", targetId);
  await getExperiment(ctx, { experimentId });
  return String(experimentId);
}

export async function listShares(ctx: Ctx, { targetType, targetId }: { targetType?: ShareTargetType; targetId?: string } = {}): Promise<ShareEntry[]> {
  requireAccess(ctx, "share");
  const rows = await ctx.db.shareLink.findMany({
    where: { workspaceId: ctx.workspaceId, ...(targetType ? { targetType } : {}), ...(targetId ? { targetId } : {}) },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limits.pageSize,
  });
  const userIds = rows.flatMap((row) => row.createdById ?? []);
  const people = await ctx.db.user.findMany({ where: { id: { in: userIds } }, select: { id: true, name: true, color: true } });
  const byId = new Map(people.map((p) => [p.id, { userId: p.id, name: p.name, color: p.color }]));
  return rows.map((row) => ({ ...entryOf(row, ctx.now()), createdBy: byId.get(row.createdById ?? "") ?? null }));
}

/** Ends the link: pages and sockets that came by it close within 5 s. */
export async function revokeShare(ctx: Ctx, { shareId }: { shareId: string }): Promise<void> {
  requireAccess(ctx, "share");
  const { count } = await ctx.db.shareLink.updateMany({ where: { id: shareId, workspaceId: ctx.workspaceId, revokedAt: null }, data: { revokedAt: ctx.now() } });
  if (!count && !(await ctx.db.shareLink.findFirst({ where: { id: shareId, workspaceId: ctx.workspaceId } }))) throw notFound("share link", shareId);
  announce(ctx, `share:${shareId}`);
}

/** Who holds this link. @throws DomainError `not_found`, the same for unknown, revoked and expired: a holder learns no more. */
export async function openShare({ token, now = () => new Date() }: { token: string; now?: () => Date }): Promise<Ctx> {
  const db = getDb();
  const row = await db.shareLink.findUnique({ where: { tokenHash: hashSecret(token) } });
  if (!row || row.revokedAt || row.expiresAt <= now()) throw new DomainError("not_found", "This link opens nothing.");
  if (!row.lastOpenedAt || now().getTime() - row.lastOpenedAt.getTime() > 60_000) {
    await db.shareLink.update({ where: { id: row.id }, data: { lastOpenedAt: now(), openedCount: { increment: 1 } } });
  }
  return {
    actor: { kind: "share", shareId: row.id, targetType: row.targetType as ShareTargetType, targetId: row.targetId },
    workspaceId: row.workspaceId, db, sql: getSql(), now,
  };
}

type Row = { id: string; createdById: string | null; targetType: string; targetId: string; name: string; createdAt: Date; expiresAt: Date; revokedAt: Date | null; openedCount: number; lastOpenedAt: Date | null };
const entryOf = (row: Row, now: Date): ShareEntry => ({
  id: row.id, targetType: row.targetType as ShareTargetType, targetId: row.targetId, name: row.name, createdAtMs: row.createdAt.getTime(), expiresAtMs: row.expiresAt.getTime(),
  revokedAtMs: row.revokedAt?.getTime() ?? null, createdBy: null, state: row.revokedAt ? "revoked" : row.expiresAt <= now ? "expired" : "open", openedCount: row.openedCount, lastOpenedAtMs: row.lastOpenedAt?.getTime() ?? null,
});
