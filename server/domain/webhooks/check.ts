import { checkedAddresses } from "@/server/addresses";
import { DomainError, invalid } from "@/server/errors";
import { type WebhookEntity, type WebhookEvent, webhookActions } from "./events";

/** @throws DomainError `invalid`. */
export function checkWebhookName(name: string): void {
  if (name.length <= 63 && /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)) return;
  throw invalid(`Webhook name '${name.slice(0, 100)}' is invalid. It has 1 to 63 letters, digits, dots, underscores and hyphens, and begins and ends with a letter or digit.`);
}

/** @throws DomainError `invalid` for an action that the entity does not have, an event given twice, or none. */
export function checkWebhookEvents(events: { entity: string; action: string }[]): WebhookEvent[] {
  if (events.length === 0) throw invalid("Webhook events must be a non-empty list.");
  const names = events.map(checkWebhookEvent);
  if (new Set(names).size < names.length) throw new DomainError("invalid", "A webhook event is given twice.", { errorCode: "BAD_REQUEST" });
  return names.sort();
}

export function checkWebhookEvent({ entity, action }: { entity: string; action: string }): WebhookEvent {
  const actions: readonly string[] | undefined = Object.hasOwn(webhookActions, entity) ? webhookActions[entity as WebhookEntity] : undefined;
  if (!actions) throw invalid(`Invalid entity '${entity.slice(0, 60)}' of a webhook event. Valid entities are: ${Object.keys(webhookActions).join(", ")}`);
  if (!actions.includes(action)) throw invalid(`Invalid action '${action.slice(0, 60)}' for entity '${entity}'. Valid actions are: ${actions.join(", ")}`);
  return `${entity}.${action}` as WebhookEvent; // both parts were just looked up in the table that the type is made of
}

/**
 * The address as it will be dialled. https only, and no host inside the server's own network; what the host's name leads to is checked
 * again at each delivery.
 */
export async function checkWebhookUrl(text: string, allowedHosts: string[]): Promise<void> {
  if (text.trim() === "") throw invalid("Webhook URL cannot be empty or just whitespace.");
  if (text.length > 2000) throw invalid("Webhook URL exceeds the maximum length of 2000 characters.");
  const url = parseUrl(text);
  const found = addressesOf(url, allowedHosts);
  await found.catch((error: NodeJS.ErrnoException) => {
    const host = url.hostname.slice(0, 200);
    if (error.code === "EREFUSED") throw invalid(`Webhook URL must not resolve to a non-public IP address; '${host}' does. FLOWBOOK_WEBHOOK_HOSTS names hosts of your own network that may be told.`);
    throw invalid(`Cannot resolve Webhook URL hostname '${host}'.`);
  });
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw invalid(`Invalid webhook URL '${text.slice(0, 200)}'.`);
  }
  if (url.protocol !== "https:") throw invalid(`Invalid webhook URL scheme: '${url.protocol.slice(0, -1)}'. Allowed schemes are: https.`);
  return url;
}

const lookupTimeoutMs = 5_000;

/**
 * The addresses that may be dialled for a URL. `allowedHosts` (`host` or `host:port`) may be private ones.
 *
 * @throws Error with `code` EREFUSED for a host with an address that is not public, ENOTFOUND or ETIMEDOUT when its name leads nowhere.
 */
export async function addressesOf(url: URL, allowedHosts: string[]): Promise<string[]> {
  const mayBePrivate = allowedHosts.includes(url.hostname) || allowedHosts.includes(`${url.hostname}:${url.port || 443}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(Object.assign(new Error(`the name ${url.hostname} was not answered for`), { code: "ETIMEDOUT" })), lookupTimeoutMs);
  });
  try {
    return await Promise.race([checkedAddresses(url.hostname, { mayBePrivate }), late]);
  } finally {
    clearTimeout(timer);
  }
}
