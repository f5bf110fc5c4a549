import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { checkWebhookEvent } from "./check";
import { bodyOf, exampleData, type WebhookEvent } from "./events";
import { findWebhookRow } from "./manage";
import { openSecret } from "./secret";
import { type SendOptions, sendMessage } from "./send";

export type WebhookTestResult = { isSuccess: boolean; status?: number; body?: string; error?: string };

/** Sends an example of an event (its first one, when none is named), once, and tells how it went. */
export async function testWebhook(
  ctx: Ctx,
  { webhookId, event }: { webhookId: string; event?: { entity: string; action: string } },
  options: SendOptions = { allowedHosts: env().webhookHosts },
): Promise<WebhookTestResult> {
  requireAccess(ctx, "administer");
  const webhook = await findWebhookRow(ctx, webhookId);
  const name = event ? checkWebhookEvent(event) : (webhook.events[0] as WebhookEvent | undefined);
  if (!name) return { isSuccess: false, error: "This webhook waits for no event." };
  try {
    const secret = webhook.secret ? openSecret(webhook.id, webhook.secret) : null;
    const sent = await sendMessage(webhook.url, { deliveryId: crypto.randomUUID(), body: bodyOf(name, exampleData[name], ctx.now()), secret, at: ctx.now() }, options);
    return { isSuccess: sent.status >= 200 && sent.status < 300, status: sent.status, body: sent.body };
  } catch (error) {
    return { isSuccess: false, error: `Failed to test webhook: ${error instanceof Error ? error.message : String(error)}` };
  }
}
