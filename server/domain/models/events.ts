import type { Ctx } from "@/server/ctx";
import { type EventData, type Happening, type Queryable, type WebhookEvent, withWebhooks } from "../webhooks";
import type { KeyValue } from "./types";

const isPromptKey = "mlflow.prompt.is_prompt";
/** What marks a prompt is no tag of its author's. */
const promptMarks = new Set([isPromptKey, "_mlflow_prompt_type"]);
const promptTextKey = "mlflow.prompt.text";

const objectOf = (tags: KeyValue[], without: (key: string) => boolean = () => false) => Object.fromEntries(tags.filter((t) => !without(t.key)).map((t) => [t.key, t.value]));
const saysPrompt = (tags: KeyValue[]) => tags.findLast((t) => t.key === isPromptKey)?.value.toLowerCase() === "true";

export function modelCreated({ name, tags, description }: { name: string; tags: KeyValue[]; description?: string }): Happening {
  const isPrompt = saysPrompt(tags);
  return {
    event: isPrompt ? "prompt.created" : "registered_model.created",
    data: { name, tags: objectOf(tags, (key) => isPrompt && promptMarks.has(key)), description: description ?? "" },
  };
}

export type VersionMade = { name: string; version: number; source: string; runId: string | null; tags: KeyValue[]; description?: string };

export function versionCreated({ name, version, source, runId, tags, description }: VersionMade): Happening {
  const about = { name, version: String(version) };
  if (!saysPrompt(tags)) return { event: "model_version.created", data: { ...about, source, run_id: runId, tags: objectOf(tags), description: description || null } };
  return {
    event: "prompt_version.created",
    data: {
      ...about,
      template: tags.findLast((t) => t.key === promptTextKey)?.value ?? null,
      tags: objectOf(tags, (key) => promptMarks.has(key) || key === promptTextKey),
      description: description || null,
    },
  };
}

type Twofold = { ofModel: WebhookEvent | null; ofPrompt: WebhookEvent; data: EventData };

/** A change of a registered model that makes one event for a model and another for a prompt. */
export function changingModel(ctx: Ctx, modelId: string, what: Twofold, change: (sql: Queryable) => Promise<unknown>): Promise<void> {
  return withWebhooks(ctx, async (sql, raise) => {
    await change(sql);
    await raise(async () => {
      const { rows } = await sql.query<{ value: string }>(`SELECT value FROM "RegisteredModelTag" WHERE "modelId" = $1 AND key = $2`, [modelId, isPromptKey]);
      const event = rows[0]?.value.toLowerCase() === "true" ? what.ofPrompt : what.ofModel;
      return event && { event, data: what.data };
    });
  });
}
