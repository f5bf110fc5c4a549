import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { requireRunAccess } from "./access";
import type { ExactMetric } from "./types";

export type MetricPoint = { step: number; timestampMs: number; /** Null for NaN. */ value: number | null };
export type MetricHistoryInput = { runId: string; key: string; limit?: number; pageToken?: string };
type PointRow = { step: bigint; timestampMs: bigint; value: number; isNan: boolean };

const maxLimit = 250_000;

/** All points of a metric, by time, step, value. An unknown run or key has none. */
export async function metricHistory(ctx: Ctx, input: MetricHistoryInput): Promise<{ points: MetricPoint[]; nextPageToken?: string }> {
  const { metrics, nextPageToken } = await exactMetricHistory(ctx, input);
  return { points: metrics.map((m) => ({ step: Number(m.step), timestampMs: Number(m.timestampMs), value: Number.isNaN(m.value) ? null : m.value })), nextPageToken };
}

export async function exactMetricHistory(ctx: Ctx, { runId, key, limit, pageToken }: MetricHistoryInput): Promise<{ metrics: ExactMetric[]; nextPageToken?: string }> {
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied. It must be at least 1.`);
  const after = readToken(pageToken);
  const isThere = await requireRunAccess(ctx, { runId }, "view").then(
    () => true,
    (error: unknown) => {
      if (error instanceof DomainError && error.kind === "not_found") return false;
      throw error;
    },
  );
  if (!isThere) return { metrics: [] };
  const most = Math.min(limit ?? maxLimit, maxLimit);
  const { rows } = await ctx.sql.query<PointRow>(
    `SELECT step, "timestampMs", value, "isNan" FROM "Metric" WHERE "runId" = $1 AND key = $2
     ${after ? `AND ("timestampMs", step, value, "isNan") > ($4::int8, $5::int8, $6::float8, $7::bool)` : ""}
     ORDER BY "timestampMs", step, value, "isNan" LIMIT $3`,
    [runId, key, most + 1, ...(after ?? [])],
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return {
    metrics: page.map((r) => ({ key, step: r.step, timestampMs: r.timestampMs, value: r.isNan ? Number.NaN : r.value })),
    nextPageToken: rows.length > most && last ? writeToken(last) : undefined,
  };
}

/** A page begins after a point, not at a count: a deep page costs no more than the first. */
const writeToken = (p: PointRow): string =>
  Buffer.from(JSON.stringify({ after: [String(p.timestampMs), String(p.step), String(p.value), p.isNan] })).toString("base64");

function readToken(token: string | undefined): [string, string, string, boolean] | undefined {
  if (!token) return undefined;
  try {
    if (token.length < 400) {
      const { after } = JSON.parse(Buffer.from(token, "base64").toString("utf8")) as { after?: unknown[] };
      const [time, step, value, isNan] = after ?? [];
      const isInt = (v: unknown): v is string => typeof v === "string" && /^-?\d{1,19}$/.test(v);
      if (isInt(time) && isInt(step) && typeof value === "string" && Number.isFinite(Number(value)) && typeof isNan === "boolean") return [time, step, value, isNan];
    }
  } catch {
    // falls through to the one answer
  }
  throw invalid("Invalid page token, could not base64-decode");
}
