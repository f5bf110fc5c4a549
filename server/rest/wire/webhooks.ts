import { z } from "zod";
import { int32, list, oneOf, required, text } from "./fields";

const entities = ["REGISTERED_MODEL", "MODEL_VERSION", "MODEL_VERSION_TAG", "MODEL_VERSION_ALIAS", "PROMPT", "PROMPT_VERSION", "PROMPT_TAG", "PROMPT_VERSION_TAG", "PROMPT_ALIAS", "BUDGET_POLICY"] as const;
const actions = ["CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED"] as const;

/** Here by the domain's names, which are the small letters of these. */
const event = z
  .object({ entity: oneOf(entities).refine((e) => e !== undefined), action: oneOf(actions).refine((a) => a !== undefined) })
  .transform(({ entity = "", action = "" }) => ({ entity: entity.toLowerCase(), action: action.toLowerCase() }));
const events = z.preprocess((v) => v ?? undefined, z.array(event).max(100));
const status = oneOf(["ACTIVE", "DISABLED"]);

export const createWebhook = z.object({ name: required, url: required, events, description: text, secret: text, status });
export const listWebhooks = z.object({ max_results: int32, page_token: text });
export const byWebhookId = z.object({ webhook_id: required });
export const updateWebhook = z.object({ webhook_id: required, name: text, url: text, events: list(event), description: text, secret: text, status });
export const testWebhook = z.object({ webhook_id: required, event: z.preprocess((v) => v ?? undefined, event.optional()) });
