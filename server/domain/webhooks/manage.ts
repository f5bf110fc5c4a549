import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { DomainError, invalid } from "@/server/errors";
import { checkWebhookEvents, checkWebhookName, checkWebhookUrl } from "./check";
import type { WebhookEvent } from "./events";
import { sealSecret } from "./secret";

export type WebhookStatus = "ACTIVE" | "DISABLED";
/** Without its secret, which is never told again. */
export type Webhook = {
  id: string; name: string; description: string; url: string; events: WebhookEvent[]; status: WebhookStatus; hasSecret: boolean; creationTimeMs: number; lastUpdatedTimeMs: number;
};
export type WebhookFields = { name: string; url: string; events: { entity: string; action: string }[]; description?: string; secret?: string; status?: WebhookStatus };

/** @throws DomainError `invalid` for a name, address or event that MLflow would refuse; `forbidden` for anyone but an owner. */
export async function createWebhook(ctx: Ctx, input: WebhookFields): Promise<Webhook> {
  requireAccess(ctx, "administer");
  checkWebhookName(input.name);
  await checkWebhookUrl(input.url, env().webhookHosts);
  const events = checkWebhookEvents(input.events);
  checkTexts(input);
  const id = crypto.randomUUID();
  const nowMs = BigInt(ctx.now().getTime());
  const row = await ctx.db.webhook.create({
    data: {
      id, workspaceId: ctx.workspaceId, name: input.name, url: input.url.trim(), events, description: input.description || null,
      secret: input.secret ? sealSecret(id, input.secret) : null, status: input.status ?? "ACTIVE", creationTimeMs: nowMs, lastUpdatedTimeMs: nowMs,
    },
  });
  announce(ctx, `webhooks:${ctx.workspaceId}`);
  return toWebhook(row);
}

export async function getWebhook(ctx: Ctx, { webhookId }: { webhookId: string }): Promise<Webhook> {
  requireAccess(ctx, "administer");
  return toWebhook(await findWebhookRow(ctx, webhookId));
}

/** Newest first. */
export async function listWebhooks(ctx: Ctx, { maxResults = 100, pageToken }: { maxResults?: number; pageToken?: string } = {}): Promise<{ webhooks: Webhook[]; nextPageToken?: string }> {
  requireAccess(ctx, "administer");
  if (maxResults < 1 || maxResults > 1000) throw invalid("max_results must be between 1 and 1000.");
  const after = pageToken ? readToken(pageToken) : null;
  const rows = await ctx.db.webhook.findMany({
    where: { workspaceId: ctx.workspaceId, ...(after && { OR: [{ creationTimeMs: { lt: after.ms } }, { creationTimeMs: after.ms, id: { gt: after.id } }] }) },
    orderBy: [{ creationTimeMs: "desc" }, { id: "asc" }],
    take: maxResults + 1,
  });
  const page = rows.slice(0, maxResults);
  const last = rows.length > maxResults ? page.at(-1) : undefined;
  return { webhooks: page.map(toWebhook), nextPageToken: last && Buffer.from(`${last.creationTimeMs} ${last.id}`).toString("base64url") };
}

/** Where the last page ended: so that later pages stay right while webhooks come and go. */
function readToken(token: string): { ms: bigint; id: string } {
  const [, ms, id] = /^(\d{1,18}) ([\w-]{1,60})$/.exec(token.length < 200 ? Buffer.from(token, "base64url").toString("utf8") : "") ?? [];
  if (ms === undefined || id === undefined) throw invalid("Invalid page token, could not base64-decode");
  return { ms: BigInt(ms), id };
}

/** Changes what is given. An empty secret ends signing; a webhook that is disabled is told nothing more, also of what waits. */
export async function updateWebhook(ctx: Ctx, { webhookId, ...input }: { webhookId: string } & Partial<WebhookFields>): Promise<Webhook> {
  requireAccess(ctx, "administer");
  await findWebhookRow(ctx, webhookId);
  if (input.name !== undefined) checkWebhookName(input.name);
  if (input.url !== undefined) await checkWebhookUrl(input.url, env().webhookHosts);
  const events = input.events === undefined ? undefined : checkWebhookEvents(input.events);
  checkTexts(input);
  const row = await ctx.db.webhook.update({
    where: { id: webhookId, workspaceId: ctx.workspaceId },
    data: {
      name: input.name, url: input.url?.trim(), events, description: input.description === undefined ? undefined : input.description || null, status: input.status,
      secret: input.secret === undefined ? undefined : input.secret ? sealSecret(webhookId, input.secret) : null,
      lastUpdatedTimeMs: BigInt(ctx.now().getTime()),
    },
  });
  announce(ctx, `webhooks:${ctx.workspaceId}`);
  return toWebhook(row);
}

/** With what waits to be sent to it. */
export async function deleteWebhook(ctx: Ctx, { webhookId }: { webhookId: string }): Promise<void> {
  requireAccess(ctx, "administer");
  const { count } = await ctx.db.webhook.deleteMany({ where: { id: webhookId, workspaceId: ctx.workspaceId } });
  if (count === 0) throw noWebhook(webhookId);
  announce(ctx, `webhooks:${ctx.workspaceId}`);
}

const noWebhook = (id: string) => new DomainError("not_found", `Webhook with ID ${id.slice(0, 100)} not found.`);

export async function findWebhookRow(ctx: Ctx, id: string) {
  const row = await ctx.db.webhook.findFirst({ where: { id, workspaceId: ctx.workspaceId } });
  if (!row) throw noWebhook(id);
  return row;
}

function checkTexts({ description = "", secret = "" }: { description?: string; secret?: string }): void {
  if (description.length > 1000) throw invalid("'description' exceeds the maximum length of 1000 characters");
  if (secret.length > 1000) throw invalid("'secret' exceeds the maximum length of 1000 characters");
}

type Row = Awaited<ReturnType<typeof findWebhookRow>>;
const toWebhook = (row: Row): Webhook => ({
  id: row.id,
  name: row.name,
  description: row.description ?? "",
  url: row.url,
  events: row.events as WebhookEvent[],
  status: row.status as WebhookStatus,
  hasSecret: row.secret !== null,
  creationTimeMs: Number(row.creationTimeMs),
  lastUpdatedTimeMs: Number(row.lastUpdatedTimeMs),
});
