import type { AnyValue } from "./types";

/** A span with what it says of tokens or of cost. */
export type UsageNode = { spanId: string; parentSpanId: string | null; usage: AnyValue | undefined };

export const tokenKeys = ["input_tokens", "output_tokens", "total_tokens"] as const;
export const cacheKeys = ["cache_read_input_tokens", "cache_creation_input_tokens"] as const;
export const costKeys = ["input_cost", "output_cost", "total_cost"] as const;

/**
 * The sum over a trace. Frameworks write the sum of the spans below on a span above them; so what lies below a span that says
 * something is not counted again.
 *
 * @returns Null when no span says anything. `optional` keys are there when a span had them.
 */
export function sumUsage(nodes: readonly UsageNode[], keys: readonly string[], optional: readonly string[] = []): Map<string, number> | null {
  const byId = new Map(nodes.map((n) => [n.spanId, n]));
  const counts = new Map<UsageNode, boolean>();
  const totals = new Map<string, number>(keys.map((k) => [k, 0]));
  let isAny = false;
  for (const node of nodes) {
    const usage = usageOf(node);
    if (!usage || isBelowUsage(node)) continue;
    isAny = true;
    for (const key of keys) totals.set(key, (totals.get(key) ?? 0) + (numberOf(usage[key]) ?? 0));
    for (const key of optional) {
      const value = numberOf(usage[key]);
      if (value !== undefined) totals.set(key, (totals.get(key) ?? 0) + value);
    }
  }
  return isAny ? totals : null;

  /** Whether a span above has usage. Looks up once per span; a ring of parents ends. */
  function isBelowUsage(node: UsageNode): boolean {
    const path: UsageNode[] = [];
    let answer = false;
    for (let at: UsageNode | undefined = node; at && path.length <= nodes.length; ) {
      const known = counts.get(at);
      if (known !== undefined) {
        answer = known;
        break;
      }
      path.push(at);
      const parent: UsageNode | undefined = at.parentSpanId === null ? undefined : byId.get(at.parentSpanId);
      if (parent && usageOf(parent)) {
        answer = true;
        break;
      }
      at = parent;
    }
    for (const passed of path) counts.set(passed, answer);
    return answer;
  }
}

function usageOf({ usage }: UsageNode): { [key: string]: AnyValue } | undefined {
  return typeof usage === "object" && usage !== null && !Array.isArray(usage) ? usage : undefined;
}

function numberOf(value: AnyValue | undefined): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
