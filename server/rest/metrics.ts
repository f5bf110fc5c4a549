import { exactMetricHistory, sampleMetrics } from "@/server/domain/runs";
import { invalid } from "@/server/errors";
import { endpoint } from "./door";
import type { Route } from "./router";
import { toMetric } from "./run-wire";
import { runIdOf } from "./wire/fields";
import * as wire from "./wire/runs";

const base = "/api/2.0/mlflow/metrics";

export const metricRoutes: Route[] = [
  ["GET", `${base}/get-history`, endpoint(wire.getHistory, async (ctx, input) => {
    const page = await exactMetricHistory(ctx, { runId: runIdOf(input), key: input.metric_key, limit: input.max_results, pageToken: input.page_token });
    return { metrics: page.metrics.map(toMetric), next_page_token: page.nextPageToken };
  })],
  ["GET", `${base}/get-history-bulk-interval`, endpoint(wire.getHistoryBulkInterval, async (ctx, input) => {
    const points = await sampleMetrics(ctx, {
      runIds: input.run_ids,
      key: input.metric_key,
      startStep: input.start_step,
      endStep: input.end_step,
      maxResults: input.max_results ?? 320,
    });
    return { metrics: points.map((p) => ({ ...toMetric(p), run_id: p.runId })) };
  })],
  ["GET", `${base}/get-history-bulk`, endpoint(wire.getHistoryBulk, async (ctx, input) => {
    if (input.run_id.length === 0 || input.run_id.length > 100) throw invalid("GetMetricHistoryBulk request must specify between 1 and 100 run_id.");
    const limit = Math.min(input.max_results ?? 25_000, 25_000);
    const metrics = [];
    for (const runId of input.run_id) {
      if (metrics.length >= limit) break;
      const page = await exactMetricHistory(ctx, { runId, key: input.metric_key, limit: limit - metrics.length });
      metrics.push(...page.metrics.map((m) => ({ ...toMetric(m), run_id: runId })));
    }
    return { metrics };
  })],
];
