// w3: log-batch of 1,000 points: 10 metrics x 100 steps, as a training loop logs them, and 1,000 metrics of one step each.
import { compare, expect, timed } from "../measure.mjs";
import { checkHistory, getRun, newExperiment, newRun, post } from "../tracking.mjs";

export const rows = [
  { id: "w3-c1", label: "log-batch of 1,000 (10 metrics x 100 steps), 1 client", unit: "metrics/s", by: "rate", clients: 1, keys: 10 },
  { id: "w3-c8", label: "log-batch of 1,000 (10 metrics x 100 steps), 8 clients", unit: "metrics/s", by: "rate", clients: 8, keys: 10 },
  { id: "w3-keys-c1", label: "log-batch of 1,000 (1,000 metrics, 1 step each), 1 client", unit: "metrics/s", by: "rate", clients: 1, keys: 1000, rounds: 2 },
];

const valueOf = (key, step) => Math.sin(step + 1) * (key + 1);
const made = new Map();

/** The points of the n-th batch as JSON bytes. Made once and kept: the client's work is not what is measured. */
function batch(keys, n) {
  const name = `${keys}/${n}`;
  let bytes = made.get(name);
  if (!bytes) {
    const steps = 1000 / keys;
    const points = [];
    for (let s = n * steps; s < (n + 1) * steps; s++) {
      for (let k = 0; k < keys; k++) points.push(`{"key":"metric_${k}","value":${valueOf(k, s)},"timestamp":${1_700_000_000_000 + s * 1000},"step":${s}}`);
    }
    bytes = Buffer.from(`[${points.join(",")}]`);
    made.set(name, bytes);
  }
  return bytes;
}

const end = Buffer.from("}");

export async function run(bench) {
  for (const row of rows) {
    // As many as the faster server takes at 400,000 points a second.
    const ahead = Math.ceil((400 * bench.seconds) / row.clients);
    for (let n = 0; n < ahead; n++) batch(row.keys, n);
    await compare(bench, row, async (server) => {
      const experiment = await newExperiment(server, row.id);
      const runs = [];
      for (let i = 0; i < row.clients; i++) runs.push((await newRun(server, experiment)).run_id);
      const heads = runs.map((run) => Buffer.from(`{"run_id":"${run}","metrics":`));
      const sample = await timed(server, {
        clients: row.clients, seconds: bench.seconds, unit: 1000,
        send: (connection, client, n) => post(connection, "runs/log-batch", Buffer.concat([heads[client], batch(row.keys, n), end])),
      });
      for (const [i, run] of runs.entries()) {
        const steps = (sample.counts[i] * 1000) / row.keys;
        for (const k of [0, row.keys - 1]) await checkHistory(server, run, `metric_${k}`, steps, (s) => valueOf(k, s));
        const latest = new Map((await getRun(server, run)).data.metrics.map((m) => [m.key, m]));
        expect(latest.size === row.keys, `${server.name}: run ${run} has ${latest.size} latest metrics`);
        for (let k = 0; k < row.keys; k++) {
          const m = latest.get(`metric_${k}`);
          expect(m?.value === valueOf(k, steps - 1) && Number(m.step) === steps - 1, `${server.name}: the latest metric_${k} is ${JSON.stringify(m)}`);
        }
      }
      return sample;
    });
    made.clear();
  }
}
