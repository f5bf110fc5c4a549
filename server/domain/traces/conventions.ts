import { attributeText, spanType } from "./span-content";
import type { AnyValue, Attributes, NewSpan } from "./types";

/*
 * Other libraries name what MLflow calls inputs, outputs, tokens and kinds of spans by conventions of their own: OpenTelemetry's
 * for generative AI, OpenInference, Traceloop. What they say is added under MLflow's names, where those are not there already.
 */

export const inputsKey = "mlflow.spanInputs";
export const outputsKey = "mlflow.spanOutputs";
export const usageKey = "mlflow.chat.tokenUsage";
export const costKey = "mlflow.llm.cost";

const inputs = ["input.value", "gen_ai.input.messages", "gen_ai.prompt", "traceloop.entity.input", "gen_ai.tool.call.arguments", "langfuse.observation.input"];
const outputs = ["output.value", "gen_ai.output.messages", "gen_ai.completion", "traceloop.entity.output", "gen_ai.tool.call.result", "langfuse.observation.output"];
const inputTokens = ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"];
const outputTokens = ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"];
const totalTokens = ["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"];
const models = ["gen_ai.response.model", "gen_ai.request.model", "llm.model_name"];
const providers = ["gen_ai.provider.name", "gen_ai.system", "llm.provider"];

/** What the other conventions call a kind of span. */
const typeKeys = ["openinference.span.kind", "gen_ai.operation.name", "traceloop.span.kind"];
const types: Record<string, string> = {
  LLM: "LLM", CHAIN: "CHAIN", TOOL: "TOOL", RETRIEVER: "RETRIEVER", EMBEDDING: "EMBEDDING", AGENT: "AGENT", RERANKER: "RERANKER", GUARDRAIL: "GUARDRAIL", EVALUATOR: "EVALUATOR",
  chat: "CHAT_MODEL", generate_content: "LLM", text_completion: "LLM", embeddings: "EMBEDDING", execute_tool: "TOOL", invoke_agent: "AGENT", create_agent: "AGENT",
  workflow: "WORKFLOW", task: "TASK", agent: "AGENT", tool: "TOOL",
};

/** The span's attributes, with MLflow's own names for what other conventions say. */
export function withMlflowNames(span: NewSpan): Attributes {
  const { attributes } = span;
  const result: Attributes = new Map(attributes);
  result.set("mlflow.traceRequestId", `tr-${span.traceId}`);
  const type = typeKeys.map((k) => attributes.get(k)).find((v): v is string => typeof v === "string" && Object.hasOwn(types, v));
  const current = attributes.get(spanType);
  if (type !== undefined && (current === undefined || current === null || current === "UNKNOWN")) result.set(spanType, types[type] ?? type);
  copy(inputsKey, inputs);
  copy(outputsKey, outputs);
  copy("mlflow.llm.model", models);
  copy("mlflow.llm.provider", providers);
  if (!attributes.has(usageKey)) {
    const [input, output] = [whole(inputTokens), whole(outputTokens)];
    const total = whole(totalTokens) ?? (input !== undefined && output !== undefined ? input + output : undefined);
    const usage = { ...(input !== undefined && { input_tokens: input }), ...(output !== undefined && { output_tokens: output }), ...(total !== undefined && { total_tokens: total }) };
    if (Object.keys(usage).length > 0) result.set(usageKey, usage);
  }
  return result;

  function copy(key: string, names: string[]): void {
    if (attributes.has(key)) return;
    const value = names.map((n) => attributes.get(n)).find((v) => v !== undefined && v !== null);
    if (value !== undefined) result.set(key, value);
  }

  function whole(names: string[]): bigint | undefined {
    for (const name of names) {
      const value = attributes.get(name);
      if (typeof value === "bigint") return value;
      if (typeof value === "string" && /^\d{1,18}$/.test(value)) return BigInt(value);
    }
    return undefined;
  }
}

/** What a list of traces shows of inputs or outputs: the last message of a chat, else the JSON itself, cut to `maxLength`. */
export function previewOf(value: AnyValue | undefined, role: "user" | "assistant", maxLength: number): string | null {
  if (value === undefined || value === null) return null;
  const text = lastMessage(value, role) ?? attributeText(value);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`.toWellFormed();
}

function lastMessage(value: AnyValue, role: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const choice = Array.isArray(value.choices) ? value.choices[0] : undefined;
  const list = [value.messages, value.input, value.output].find(Array.isArray) ?? (isObject(choice) && choice.message !== undefined ? [choice.message] : undefined);
  if (!list) return undefined;
  const messages = list.filter(isObject).filter((m) => typeof m.role === "string");
  const content = (messages.findLast((m) => m.role === role) ?? messages.at(-1))?.content;
  if (typeof content === "string") return content || undefined;
  const part = Array.isArray(content) ? content.filter(isObject).findLast((p) => typeof p.text === "string") : undefined;
  return typeof part?.text === "string" ? part.text : undefined;
}

const isObject = (value: AnyValue | undefined): value is { [key: string]: AnyValue } => typeof value === "object" && value !== null && !Array.isArray(value);
