import { randomBytes } from "node:crypto";
import { newId } from "@/common/ids";
import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import { actorUserId, type Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { invalid } from "@/server/errors";
import { requireExperimentAccess } from "../experiments";
import { requireProject } from "../files";
import { requireRunAccess } from "../runs";
import { hashSecret } from "../workspaces";
import type { ShareTarget } from "./types";

export type CreateShareInput = { targetType: ShareTarget; targetId: string; name?: string; expiresInSeconds?: number };

const weekSeconds = 604_800;
const longestSeconds = 366 * 86_400;

/**
 * A link that shows one run, experiment or project to whoever holds it, until it expires or is revoked. The token is in the
 * answer only; its hash is what is kept.
 *
 * @throws DomainError `not_found` for a target that is not here, `invalid`, `forbidden` for a viewer.
 */
export async function createShare(ctx: Ctx, input: CreateShareInput): Promise<{ id: string; url: string; token: string; expiresAtMs: number }> {
  requireAccess(ctx, "share");
  const seconds = input.expiresInSeconds ?? weekSeconds;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds) {
    const message = `A link lives between 1 second and ${longestSeconds} seconds (a year). Write a whole number in that range.`;
    throw invalid(message, [{ field: "expires_in_seconds", message }]);
  }
  await requireTarget(ctx, input.targetType, input.targetId);
  const token = randomBytes(16).toString("base64url");
  const id = newId("shr");
  const now = ctx.now();
  const expiresAt = new Date(now.getTime() + seconds * 1000);
  await ctx.db.shareLink.create({
    data: {
      id, workspaceId: ctx.workspaceId, tokenHash: hashSecret(token), targetType: input.targetType, targetId: input.targetId,
      name: (input.name ?? "").trim().slice(0, 200), createdById: actorUserId(ctx), createdAt: now, expiresAt,
    },
  });
  announce(ctx, `workspace:${ctx.workspaceId}`);
  return { id, token, url: `${env().publicUrl}/share/${token}`, expiresAtMs: expiresAt.getTime() };
}

async function requireTarget(ctx: Ctx, type: ShareTarget, id: string): Promise<void> {
  if (type === "run") await requireRunAccess(ctx, { runId: id }, "view");
  else if (type === "project") await requireProject(ctx, id, "view");
  else await requireExperimentAccess(ctx, { experimentId: /^\d{1,10}$/.test(id) ? Number(id) : -1 }, "view");
}
