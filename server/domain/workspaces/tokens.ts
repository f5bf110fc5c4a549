import { newId } from "@/common/ids";
import { limits } from "@/common/limits";
import { announce } from "@/server/changes";
import type { Ctx, Role, TokenScope } from "@/server/ctx";
import { DomainError, invalid, notFound } from "@/server/errors";
import { requireSystem } from "./owner";
import { hashSecret, newSecret } from "./token-hash";

export type TokenEntry = { id: string; name: string; prefix: string; scope: TokenScope; createdAtMs: number; expiresAtMs: number | null; lastUsedAtMs: number | null };

/** A person's own tokens; a token cannot make or see tokens. */
function requireSession(ctx: Ctx): string {
  if (ctx.actor.kind === "user" && ctx.actor.scope === null) return ctx.actor.userId;
  if (ctx.actor.kind === "open") throw invalid("With FLOWBOOK_AUTH=open no client needs a token.");
  throw new DomainError("forbidden", "Sign in to make or see tokens.");
}

export async function createToken(ctx: Ctx, input: { name: string; scope: TokenScope; expiresInDays?: number | null }): Promise<TokenEntry & { token: string }> {
  return insertToken(ctx, { ...input, userId: requireSession(ctx) });
}

/** For the line that the start prints. System only. */
export async function createOwnerToken(ctx: Ctx, { userId }: { userId: string }): Promise<{ token: string }> {
  requireSystem(ctx);
  return insertToken(ctx, { name: "Printed at start", scope: "launch", userId });
}

async function insertToken(ctx: Ctx, { name, scope, expiresInDays, userId }: { name: string; scope: TokenScope; expiresInDays?: number | null; userId: string }) {
  if (!name.trim()) throw invalid("Give the token a name, so that you know it again.", [{ field: "name", message: "Give the token a name, so that you know it again." }]);
  const token = newSecret("fbk");
  const row = await ctx.db.apiToken.create({
    data: {
      id: newId("tok"), workspaceId: ctx.workspaceId, userId, name: name.trim().slice(0, 100), prefix: token.slice(0, 8), hash: hashSecret(token), scope,
      createdAt: ctx.now(), expiresAt: expiresInDays ? new Date(ctx.now().getTime() + expiresInDays * 24 * 3600_000) : null,
    },
  });
  return { ...entryOf(row), token };
}

export async function listTokens(ctx: Ctx): Promise<TokenEntry[]> {
  const userId = requireSession(ctx);
  const rows = await ctx.db.apiToken.findMany({ where: { workspaceId: ctx.workspaceId, userId, revokedAt: null }, orderBy: [{ createdAt: "desc" }, { id: "desc" }], take: limits.pageSize });
  return rows.map(entryOf);
}

export async function revokeToken(ctx: Ctx, { tokenId }: { tokenId: string }): Promise<void> {
  const userId = requireSession(ctx);
  const { count } = await ctx.db.apiToken.updateMany({ where: { id: tokenId, workspaceId: ctx.workspaceId, userId, revokedAt: null }, data: { revokedAt: ctx.now() } });
  if (!count) throw notFound("token", tokenId);
  announce(ctx, `access:${userId}`);
}

export type TokenHolder = { userId: string; name: string; color: string; role: Role; scope: TokenScope; workspaceId: string };

/** Who a client's token speaks for, or null when it is unknown, revoked, expired or its holder has left. Notes the use at most once a minute. System only. */
export async function findTokenHolder(ctx: Ctx, { token }: { token: string }): Promise<TokenHolder | null> {
  requireSystem(ctx);
  const row = await ctx.db.apiToken.findUnique({
    where: { hash: hashSecret(token) },
    select: { id: true, workspaceId: true, scope: true, expiresAt: true, revokedAt: true, lastUsedAt: true, user: { select: { id: true, name: true, color: true } } },
  });
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= ctx.now())) return null;
  const role = await findRole(ctx, { workspaceId: row.workspaceId, userId: row.user.id });
  if (!role) return null;
  if (!row.lastUsedAt || ctx.now().getTime() - row.lastUsedAt.getTime() > 60_000) {
    await ctx.db.apiToken.update({ where: { id: row.id }, data: { lastUsedAt: ctx.now() } });
  }
  return { userId: row.user.id, name: row.user.name, color: row.user.color, role, scope: row.scope as TokenScope, workspaceId: row.workspaceId };
}

/** The person's role in the workspace, or null. System only. */
export async function findRole(ctx: Ctx, { workspaceId, userId }: { workspaceId: string; userId: string }): Promise<Role | null> {
  requireSystem(ctx);
  const member = await ctx.db.member.findUnique({ where: { workspaceId_userId: { workspaceId, userId } }, select: { role: true } });
  return (member?.role as Role | undefined) ?? null;
}

type Row = { id: string; name: string; prefix: string; scope: string; createdAt: Date; expiresAt: Date | null; lastUsedAt: Date | null };
const entryOf = (row: Row): TokenEntry => ({
  id: row.id, name: row.name, prefix: row.prefix, scope: row.scope as TokenScope,
  createdAtMs: row.createdAt.getTime(), expiresAtMs: row.expiresAt?.getTime() ?? null, lastUsedAtMs: row.lastUsedAt?.getTime() ?? null,
});
