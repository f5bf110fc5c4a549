import { createWebhook, deleteWebhook, getWebhook, listWebhooks, testWebhook, updateWebhook, type Webhook } from "@/server/domain/webhooks";
import { type Answer, endpoint } from "./door";
import type { Route } from "./router";
import * as wire from "./wire/webhooks";

const base = "/api/2.0/mlflow/webhooks";

export const webhookRoutes: Route[] = [
  ["POST", base, endpoint(wire.createWebhook, async (ctx, input) => ({ webhook: toWire(await createWebhook(ctx, input)) }))],
  ["GET", base, endpoint(wire.listWebhooks, async (ctx, input) => {
    // MLflow reads 0 as "not given" here.
    const page = await listWebhooks(ctx, { maxResults: input.max_results || undefined, pageToken: input.page_token });
    return { webhooks: page.webhooks.map(toWire), next_page_token: page.nextPageToken };
  })],
  ["GET", `${base}/{webhook_id}`, endpoint(wire.byWebhookId, async (ctx, input) => ({ webhook: toWire(await getWebhook(ctx, { webhookId: input.webhook_id })) }))],
  ["PATCH", `${base}/{webhook_id}`, endpoint(wire.updateWebhook, async (ctx, input) => ({
    webhook: toWire(await updateWebhook(ctx, {
      webhookId: input.webhook_id,
      // An empty name, address or list changes nothing, as in MLflow; an empty description or secret removes it.
      name: input.name || undefined,
      url: input.url || undefined,
      events: input.events.length > 0 ? input.events : undefined,
      description: input.description,
      secret: input.secret,
      status: input.status,
    })),
  }))],
  ["DELETE", `${base}/{webhook_id}`, endpoint(wire.byWebhookId, async (ctx, input) => {
    await deleteWebhook(ctx, { webhookId: input.webhook_id });
    return {};
  })],
  ["POST", `${base}/{webhook_id}/test`, endpoint(wire.testWebhook, async (ctx, input) => {
    const result = await testWebhook(ctx, { webhookId: input.webhook_id, event: input.event });
    return { result: { success: result.isSuccess, response_status: result.status, response_body: result.body || undefined, error_message: result.error } };
  })],
];

function toWire(w: Webhook): Answer {
  return {
    webhook_id: w.id,
    name: w.name,
    description: w.description || undefined,
    url: w.url,
    events: w.events.map((e) => {
      const [entity = "", action = ""] = e.split(".");
      return { entity: entity.toUpperCase(), action: action.toUpperCase() };
    }),
    status: w.status,
    creation_timestamp: w.creationTimeMs,
    last_updated_timestamp: w.lastUpdatedTimeMs,
  };
}
