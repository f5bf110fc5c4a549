import { metricHistory, type PointList, sampleMetrics } from "@/server/domain/runs";
import { invalid } from "@/server/errors";
import { rawEndpoint } from "./door";
import { JsonWriter } from "./json-writer";
import type { Route } from "./router";
import { runIdOf } from "./wire/fields";
import * as wire from "./wire/runs";

const base = "/api/2.0/mlflow/metrics";

export const metricRoutes: Route[] = [
  ["GET", `${base}/get-history`, rawEndpoint(wire.getHistory, async (ctx, input) => {
    const page = await metricHistory(ctx, { runId: runIdOf(input), key: input.metric_key, limit: input.max_results, pageToken: input.page_token });
    return printMetrics(input.metric_key, [{ points: page.points }], page.nextPageToken);
  })],
  ["GET", `${base}/get-history-bulk-interval`, rawEndpoint(wire.getHistoryBulkInterval, async (ctx, input) => {
    const sampled = await sampleMetrics(ctx, {
      runIds: input.run_ids,
      key: input.metric_key,
      startStep: input.start_step,
      endStep: input.end_step,
      maxResults: input.max_results ?? 320,
    });
    return printMetrics(input.metric_key, sampled);
  })],
  ["GET", `${base}/get-history-bulk`, rawEndpoint(wire.getHistoryBulk, async (ctx, input) => {
    if (input.run_id.length === 0 || input.run_id.length > 100) throw invalid("GetMetricHistoryBulk request must specify between 1 and 100 run_id.");
    let left = Math.min(input.max_results ?? 25_000, 25_000);
    const lists: { runId: string; points: PointList }[] = [];
    for (const runId of input.run_id) {
      if (left <= 0) break;
      const { points } = await metricHistory(ctx, { runId, key: input.metric_key, limit: left });
      left -= points.length;
      lists.push({ runId, points });
    }
    const printed = printMetrics(input.metric_key, lists);
    // Made by hand in MLflow too, and there an empty list is printed.
    return printed.length > 2 ? printed : Buffer.from('{"metrics":[]}');
  })],
];

/** By hand: a history has a hundred thousand points, and the general printer takes ten times as long. */
function printMetrics(metricKey: string, lists: { runId?: string; points: PointList }[], nextPageToken?: string): Buffer {
  const key = JSON.stringify(metricKey);
  const total = lists.reduce((sum, { points }) => sum + points.length, 0);
  const writer = new JsonWriter(total * (key.length + 90));
  writer.write("{");
  let isFirst = true;
  for (const { runId, points } of lists) {
    const end = runId === undefined ? "}" : `,"run_id":${JSON.stringify(runId)}}`;
    for (let i = 0; i < points.length; i++) {
      writer.write(`${isFirst ? '"metrics":[' : ","}{"key":${key},"value":${printValue(points.value(i))},"timestamp":${points.timestampMs(i)},"step":${points.step(i)}${end}`);
      isFirst = false;
    }
  }
  if (!isFirst) writer.write("]");
  if (nextPageToken) writer.write(`${isFirst ? "" : ","}"next_page_token":${JSON.stringify(nextPageToken)}`);
  writer.write("}");
  return writer.done();
}

/** NaN travels as a text; infinities are never stored. */
const printValue = (value: number) => (Number.isNaN(value) ? '"NaN"' : Object.is(value, -0) ? "-0.0" : value);
