export { deliverDue } from "./deliver";
export { type EventData, type WebhookEntity, type WebhookEvent, webhookActions } from "./events";
export { createWebhook, deleteWebhook, getWebhook, listWebhooks, updateWebhook, type Webhook, type WebhookFields, type WebhookStatus } from "./manage";
export { type Happening, type Queryable, type Raise, withWebhooks } from "./raise";
export { type SendOptions, signatureOf } from "./send";
export { startDeliveries } from "./start-deliveries";
export { testWebhook, type WebhookTestResult } from "./test-webhook";
