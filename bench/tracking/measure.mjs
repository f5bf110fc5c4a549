// Windows of work on one server, and rounds that take turns between the two.
import { cpus, loadavg } from "node:os";
import { Connection } from "./http.mjs";

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
export const median = (values) => {
  const sorted = values.filter((v) => v !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** What `work` costs a server: wall, and processor time of server and PostgreSQL until both are quiet again, less the idle rate. */
export async function charged(server, work) {
  const before = server.cpu();
  const began = performance.now();
  const result = await (server.around ? server.around(work) : work());
  const wallMs = performance.now() - began;
  await server.quiet();
  const after = server.cpu();
  const seconds = (performance.now() - began) / 1000;
  const part = (name) => Math.max(0, after[name] - before[name] - server.idleCpu[name] * seconds);
  return { result, wallMs, cpuMs: part("server") + part("postgres"), cpuServerMs: part("server"), cpuPostgresMs: part("postgres") };
}

/**
 * Lets `clients` send one request after the other until the time is up. `send(connection, client, n)` does one operation; it gives
 * false when it has no more to do, or a function that checks the answer, which is not counted in the latency. @returns a sample: rate in operations per second, p50 and p99 in ms, processor time per operation in ms.
 */
export async function timed(server, { clients = 1, seconds, most = Number.POSITIVE_INFINITY, unit = 1, send }) {
  const connections = Array.from({ length: clients }, () => new Connection(server));
  try {
    const cost = await charged(server, () =>
      Promise.all(
        connections.map(async (connection, client) => {
          const times = [];
          const began = performance.now();
          const until = began + seconds * 1000;
          let at = began;
          let checkMs = 0;
          for (let n = 0; n < most && at < until; n++) {
            const begins = performance.now();
            const check = await send(connection, client, n);
            if (check === false) break;
            at = performance.now();
            times.push(at - begins);
            if (typeof check === "function") {
              check();
              checkMs += performance.now() - at;
            }
          }
          // One client's own checking is no part of the rate; of several it goes on while the server works for the others.
          return { times, rate: (times.length * unit * 1000) / (at - began - (clients === 1 ? checkMs : 0)) };
        }),
      ),
    );
    const each = cost.result;
    const times = each.flatMap((e) => e.times);
    if (times.length === 0) throw new Error("no operation was done in the window");
    const operations = times.length * unit;
    return {
      operations, counts: each.map((e) => e.times.length), rate: each.reduce((sum, e) => sum + e.rate, 0), p50: percentile(times, 0.5), p99: percentile(times, 0.99),
      cpuMs: cost.cpuMs / operations, cpuServerMs: cost.cpuServerMs / operations, cpuPostgresMs: cost.cpuPostgresMs / operations,
    };
  } finally {
    for (const c of connections) c.close();
  }
}

/**
 * Measures a row in rounds; the servers take turns, and so does who begins. `sample(server, round)` gives `{rate?, p50?, p99?, cpuMs?}`.
 * A server that `sample` gives undefined for is left out. @returns the row, for the table and the JSON file.
 */
export async function compare(bench, row, sample) {
  bench.say(`${row.id.padEnd(20)} ${row.label}`);
  const rounds = { mlflow: [], flowbook: [] };
  const load = [];
  const times = Math.min(bench.rounds, row.rounds ?? bench.rounds);
  if (row.warm !== false) {
    // A short round that nobody counts: caches and compiled code as they are in a server that has run for a while.
    bench.isWarming = true;
    try {
      for (const name of bench.names) await sample(bench.servers[name], -1);
    } finally {
      bench.isWarming = false;
    }
  }
  for (let round = 0; round < times; round++) {
    load.push(loadavg()[0]);
    for (const name of round % 2 ? ["flowbook", "mlflow"] : ["mlflow", "flowbook"]) {
      if (!bench.names.includes(name)) continue;
      const server = bench.servers[name];
      server.around = bench.around(row.id, server);
      const one = await sample(server, round);
      server.around = undefined;
      if (one) rounds[name].push(one);
    }
  }
  const done = { ...row, ...summary(row, rounds), rounds: rounds, load, measuredAt: new Date().toISOString(), processors: cpus().length, settings: bench.settings };
  bench.finish(done);
  return done;
}

/** Medians of each side, and the ratios of the rounds (how much better Flowbook is) with their span. */
function summary(row, rounds) {
  const fields = ["rate", "p50", "p99", "cpuMs", "cpuServerMs", "cpuPostgresMs", "value", "growth"];
  const side = (name) => (rounds[name].length ? Object.fromEntries(fields.map((f) => [f, median(rounds[name].map((r) => r[f]))]).filter(([, v]) => v !== undefined).concat([["note", rounds[name].at(-1).note]])) : undefined);
  const pairs = rounds.mlflow.slice(0, rounds.flowbook.length).map((m, i) => [m, rounds.flowbook[i]]);
  const wall = pairs.map(([m, f]) => (row.by === "rate" ? f.rate / m.rate : row.by === "value" ? m.value / f.value : m.p50 / f.p50)).filter(Number.isFinite);
  // Under a tick of processor time: at least the tick's worth.
  const cpu = pairs.map(([m, f]) => (m.cpuMs === undefined || f.cpuMs === undefined ? undefined : m.cpuMs / Math.max(f.cpuMs, 10 / (f.operations ?? 1)))).filter((v) => v !== undefined);
  const span = (values) => (values.length ? { median: median(values), least: Math.min(...values), most: Math.max(...values) } : undefined);
  return { mlflow: side("mlflow"), flowbook: side("flowbook"), ratioWall: span(wall), ratioCpu: span(cpu) };
}

/** Everything a check finds wrong ends the whole run: a figure for work that was not done is worth nothing. */
export function expect(isRight, words) {
  if (!isRight) throw new Error(`check failed: ${words}`);
}
