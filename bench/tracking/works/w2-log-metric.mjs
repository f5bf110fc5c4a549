// w2: log-metric, one request for one point.
import { compare, timed } from "../measure.mjs";
import { quickack } from "../quickack.mjs";
import { checkHistory, newExperiment, newRun, post } from "../tracking.mjs";

export const rows = [
  { id: "w2-c1", label: "log-metric one by one, 1 client", unit: "req/s", by: "rate", clients: 1 },
  { id: "w2-c1-quickack", label: "the same, the client with TCP_QUICKACK", unit: "req/s", by: "rate", clients: 1, isQuickack: true, rounds: 2 },
  { id: "w2-c16", label: "log-metric one by one, 16 clients", unit: "req/s", by: "rate", clients: 16 },
];

const valueAt = (step) => step * 0.5;

export async function run(bench) {
  for (const row of rows) {
    await compare(bench, row, async (server) => {
      const experiment = await newExperiment(server, row.id);
      const runs = [];
      for (let i = 0; i < row.clients; i++) runs.push((await newRun(server, experiment)).run_id);
      const body = (run, n) => `{"run_id":"${run}","key":"loss","value":${valueAt(n)},"timestamp":${1_700_000_000_000 + n},"step":${n}}`;
      const sample = row.isQuickack
        ? await quickack(bench, server, { seconds: bench.seconds, path: "/api/2.0/mlflow/runs/log-metric", body: `{"run_id":"${runs[0]}","key":"loss","value":%HALF%,"timestamp":1700000000000,"step":%N%}` })
        : await timed(server, { clients: row.clients, seconds: bench.seconds, send: (connection, client, n) => post(connection, "runs/log-metric", body(runs[client], n)) });
      for (const [i, run] of runs.entries()) await checkHistory(server, run, "loss", sample.counts[i], valueAt);
      return sample;
    });
  }
}
