import { metricHistory, type PointList, sampleMetrics } from "@/server/domain/runs";
import { invalid } from "@/server/errors";
import { rawEndpoint } from "./door";
import type { Route } from "./router";
import { runIdOf } from "./wire/fields";
import * as wire from "./wire/runs";

const base = "/api/2.0/mlflow/metrics";

export const metricRoutes: Route[] = [
  ["GET", `${base}/get-history`, rawEndpoint(wire.getHistory, async (ctx, input) => {
    const page = await metricHistory(ctx, { runId: runIdOf(input), key: input.metric_key, limit: input.max_results, pageToken: input.page_token });
    return printMetrics(printPoints(input.metric_key, page.points), page.nextPageToken);
  })],
  ["GET", `${base}/get-history-bulk-interval`, rawEndpoint(wire.getHistoryBulkInterval, async (ctx, input) => {
    const sampled = await sampleMetrics(ctx, {
      runIds: input.run_ids,
      key: input.metric_key,
      startStep: input.start_step,
      endStep: input.end_step,
      maxResults: input.max_results ?? 320,
    });
    return printMetrics(sampled.map((s) => printPoints(input.metric_key, s.points, s.runId)).filter((text) => text !== "").join(","));
  })],
  ["GET", `${base}/get-history-bulk`, rawEndpoint(wire.getHistoryBulk, async (ctx, input) => {
    if (input.run_id.length === 0 || input.run_id.length > 100) throw invalid("GetMetricHistoryBulk request must specify between 1 and 100 run_id.");
    let left = Math.min(input.max_results ?? 25_000, 25_000);
    const printed: string[] = [];
    for (const runId of input.run_id) {
      if (left <= 0) break;
      const { points } = await metricHistory(ctx, { runId, key: input.metric_key, limit: left });
      left -= points.length;
      if (points.length > 0) printed.push(printPoints(input.metric_key, points, runId));
    }
    // Made by hand in MLflow too, and there an empty list is printed.
    return `{"metrics":[${printed.join(",")}]}`;
  })],
];

/** By hand: a history has a hundred thousand of them, and the general printer takes ten times as long. */
function printPoints(metricKey: string, points: PointList, runId?: string): string {
  const key = JSON.stringify(metricKey);
  const end = runId === undefined ? "}" : `,"run_id":${JSON.stringify(runId)}}`;
  let text = "";
  for (let i = 0; i < points.length; i++) {
    text += `${i === 0 ? "" : ","}{"key":${key},"value":${printValue(points.value(i))},"timestamp":${points.timestampMs(i)},"step":${points.step(i)}${end}`;
  }
  return text;
}

/** NaN travels as a text; infinities are never stored. */
const printValue = (value: number) => (Number.isNaN(value) ? '"NaN"' : Object.is(value, -0) ? "-0.0" : value);

function printMetrics(metrics: string, nextPageToken?: string): string {
  const fields = [...(metrics !== "" ? [`"metrics":[${metrics}]`] : []), ...(nextPageToken ? [`"next_page_token":${JSON.stringify(nextPageToken)}`] : [])];
  return `{${fields.join(",")}}`;
}
