import { exactMetricHistory, sampleMetrics } from "@/server/domain/runs";
import { invalid } from "@/server/errors";
import { rawEndpoint } from "./door";
import type { Route } from "./router";
import { runIdOf } from "./wire/fields";
import * as wire from "./wire/runs";

const base = "/api/2.0/mlflow/metrics";

export const metricRoutes: Route[] = [
  ["GET", `${base}/get-history`, rawEndpoint(wire.getHistory, async (ctx, input) => {
    const page = await exactMetricHistory(ctx, { runId: runIdOf(input), key: input.metric_key, limit: input.max_results, pageToken: input.page_token });
    return printMetrics(page.points.map((p) => printPoint(JSON.stringify(input.metric_key), p)), page.nextPageToken);
  })],
  ["GET", `${base}/get-history-bulk-interval`, rawEndpoint(wire.getHistoryBulkInterval, async (ctx, input) => {
    const points = await sampleMetrics(ctx, {
      runIds: input.run_ids,
      key: input.metric_key,
      startStep: input.start_step,
      endStep: input.end_step,
      maxResults: input.max_results ?? 320,
    });
    return printMetrics(points.map((p) => printPoint(JSON.stringify(input.metric_key), p, p.runId)));
  })],
  ["GET", `${base}/get-history-bulk`, rawEndpoint(wire.getHistoryBulk, async (ctx, input) => {
    if (input.run_id.length === 0 || input.run_id.length > 100) throw invalid("GetMetricHistoryBulk request must specify between 1 and 100 run_id.");
    const limit = Math.min(input.max_results ?? 25_000, 25_000);
    const metrics: string[] = [];
    for (const runId of input.run_id) {
      if (metrics.length >= limit) break;
      const page = await exactMetricHistory(ctx, { runId, key: input.metric_key, limit: limit - metrics.length });
      for (const p of page.points) metrics.push(printPoint(JSON.stringify(input.metric_key), p, runId));
    }
    return printMetrics(metrics);
  })],
];

type Point = { step: bigint; timestampMs: bigint; value: number };

/** By hand: a history has a hundred thousand of them, and the general printer takes ten times as long. */
function printPoint(key: string, p: Point, runId?: string): string {
  const value = Number.isFinite(p.value) ? (Object.is(p.value, -0) ? "-0.0" : String(p.value)) : `"${Number.isNaN(p.value) ? "NaN" : p.value > 0 ? "Infinity" : "-Infinity"}"`;
  return `{"key":${key},"value":${value},"timestamp":${p.timestampMs},"step":${p.step}${runId === undefined ? "" : `,"run_id":${JSON.stringify(runId)}`}}`;
}

function printMetrics(metrics: string[], nextPageToken?: string): string {
  const fields = [...(metrics.length > 0 ? [`"metrics":[${metrics.join(",")}]`] : []), ...(nextPageToken ? [`"next_page_token":${JSON.stringify(nextPageToken)}`] : [])];
  return `{${fields.join(",")}}`;
}
