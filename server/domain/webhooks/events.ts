/** What a webhook may wait for: an entity and what became of it. MLflow's names. */
export const webhookActions = {
  registered_model: ["created"],
  model_version: ["created"],
  model_version_tag: ["set", "deleted"],
  model_version_alias: ["created", "deleted"],
  prompt: ["created"],
  prompt_version: ["created"],
  prompt_tag: ["set", "deleted"],
  prompt_version_tag: ["set", "deleted"],
  prompt_alias: ["created", "deleted"],
  /** Taken and never raised: there are no budgets here. */
  budget_policy: ["exceeded"],
} as const;

export type WebhookEntity = keyof typeof webhookActions;
export type WebhookEvent = { [E in WebhookEntity]: `${E}.${(typeof webhookActions)[E][number]}` }[WebhookEntity];
/** What a delivery carries as `data`: names and texts, as MLflow has them for each event. */
export type EventData = Record<string, string | number | null | Record<string, string>>;

const model = { name: "example_model" };
const prompt = { name: "example_prompt" };
const version = { version: "1" };
const tag = { key: "example_key", value: "example_value" };
const { key } = tag;
const alias = { alias: "example_alias" };
const tags = { tags: { example_key: "example_value" } };

/** What a test delivery of each event carries. */
export const exampleData: Record<WebhookEvent, EventData> = {
  "registered_model.created": { ...model, ...tags, description: "An example registered model" },
  "model_version.created": { ...model, ...version, source: "models:/123", run_id: "abcd1234abcd5678", ...tags, description: "An example model version" },
  "model_version_tag.set": { ...model, ...version, ...tag },
  "model_version_tag.deleted": { ...model, ...version, key },
  "model_version_alias.created": { ...model, ...alias, ...version },
  "model_version_alias.deleted": { ...model, ...alias },
  "prompt.created": { ...prompt, ...tags, description: "An example prompt" },
  "prompt_version.created": { ...prompt, ...version, template: "Hello {{name}}!", ...tags, description: "An example prompt version" },
  "prompt_tag.set": { ...prompt, ...tag },
  "prompt_tag.deleted": { ...prompt, key },
  "prompt_version_tag.set": { ...prompt, ...version, ...tag },
  "prompt_version_tag.deleted": { ...prompt, ...version, key },
  "prompt_alias.created": { ...prompt, ...alias, ...version },
  "prompt_alias.deleted": { ...prompt, ...alias },
  "budget_policy.exceeded": {
    budget_policy_id: "bp-abc123", budget_unit: "USD", budget_amount: 100, current_spend: 105.5, duration_unit: "MONTHS", duration_value: 1,
    target_scope: "ENDPOINT", workspace: "default", target_value: "ep-abc123", window_start: 1704067200000,
  },
};

/** The text that is sent and signed. */
export function bodyOf(event: WebhookEvent, data: EventData, at: Date): string {
  const [entity, action] = event.split(".");
  return JSON.stringify({ entity, action, timestamp: at.toISOString().replace("Z", "+00:00"), data });
}
