import type pg from "pg";
import { costKey, usageKey } from "./conventions";
import { finalized } from "./check";
import { parsePythonJson, pythonJson } from "./python-json";
import type { AnyValue } from "./types";
import { cacheKeys, costKeys, sumUsage, tokenKeys, type UsageNode } from "./usage";

const tokenUsage = "mlflow.trace.tokenUsage";
const cost = "mlflow.trace.cost";

/**
 * Sums up tokens and cost over all that is stored of these traces, after a batch whose rows are still locked. What a client said of
 * the trace as a whole stays.
 */
export async function storeUsage(client: Pick<pg.PoolClient, "query">, workspaceId: string, traceIds: string[]): Promise<void> {
  const { rows } = await client.query<{ seq: bigint; spanId: string; parentSpanId: string | null; usage: string | null; cost: string | null }>(
    `SELECT s."traceSeq" AS seq, s."spanId", s."parentSpanId", s.content::jsonb -> 'attributes' ->> $3 AS usage, s.content::jsonb -> 'attributes' ->> $4 AS cost
     FROM "Trace" t JOIN "Span" s ON s."traceSeq" = t.seq WHERE t."workspaceId" = $1 AND t.id = ANY($2::text[])`,
    [workspaceId, traceIds, usageKey, costKey],
  );
  const bySeq = new Map<bigint, typeof rows>();
  for (const row of rows) bySeq.set(row.seq, [...(bySeq.get(row.seq) ?? []), row]);
  const seqs: bigint[] = [];
  const metadata: string[] = [];
  for (const [seq, spans] of bySeq) {
    const nodes = (key: "usage" | "cost"): UsageNode[] => spans.map((s) => ({ spanId: s.spanId, parentSpanId: s.parentSpanId, usage: parsed(s[key]) }));
    const tokens = sumUsage(nodes("usage"), tokenKeys, cacheKeys);
    const costs = sumUsage(nodes("cost"), costKeys);
    const entries = {
      ...(tokens && { [tokenUsage]: pythonJson(Object.fromEntries([...tokens].map(([k, v]) => [k, BigInt(Math.trunc(v))]))) }),
      ...(costs && { [cost]: pythonJson(Object.fromEntries(costs)) }),
    };
    if (Object.keys(entries).length === 0) continue;
    seqs.push(seq);
    metadata.push(JSON.stringify(entries));
  }
  if (seqs.length === 0) return;
  await client.query(
    `UPDATE "Trace" t SET metadata = CASE WHEN t.metadata ? '${finalized}' THEN n.metadata || t.metadata ELSE t.metadata || n.metadata END
     FROM (SELECT seq, metadata::jsonb FROM unnest($1::int8[], $2::text[]) u(seq, metadata)) n WHERE t.seq = n.seq`,
    [seqs, metadata],
  );
}

function parsed(text: string | null): AnyValue | undefined {
  if (text === null) return undefined;
  try {
    return parsePythonJson(text);
  } catch {
    return undefined;
  }
}
