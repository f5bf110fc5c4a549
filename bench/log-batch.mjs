/*
 * The log-batch rate of an MLflow server, ours or `mlflow server`, by plain HTTP.
 *   node bench/log-batch.mjs http://127.0.0.1:3000 [http://127.0.0.1:5000 …] [--rounds 3] [--seconds 5]
 * With several addresses the rounds are interleaved, so that load on the machine meets all of them. MLFLOW_TRACKING_TOKEN is sent
 * when set. Each answer is checked, and at the end the stored points are counted: not doing the work cannot win.
 */
import { Agent, request } from "node:http";

const args = process.argv.slice(2);
const option = (name, preset) => (args.includes(name) ? Number(args.splice(args.indexOf(name), 2)[1]) : preset);
const rounds = option("--rounds", 3);
const seconds = option("--seconds", 5);
const targets = args.map((a) => a.replace(/\/$/, ""));
if (targets.length === 0) {
  console.error("Usage: node bench/log-batch.mjs <tracking uri> [<another>] [--rounds 3] [--seconds 5]");
  process.exit(2);
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const token = process.env.MLFLOW_TRACKING_TOKEN;

function call(base, method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { ...(text ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } : {}), ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return new Promise((resolve, reject) => {
    const req = request(`${base}/api/2.0/mlflow/${path}`, { method, agent, headers }, (res) => {
      let answer = "";
      res.setEncoding("utf8");
      res.on("data", (c) => (answer += c));
      res.on("end", () => (res.statusCode === 200 ? resolve(JSON.parse(answer || "{}")) : reject(new Error(`${path}: ${res.statusCode} ${answer.slice(0, 300)}`))));
    });
    req.on("error", reject);
    req.end(text);
  });
}

const experiments = new Map();
for (const base of targets) {
  const { experiment_id } = await call(base, "POST", "experiments/create", { name: `bench-${Date.now()}-${Math.random()}` });
  experiments.set(base, experiment_id);
}

const newRun = async (base) => (await call(base, "POST", "runs/create", { experiment_id: experiments.get(base), start_time: Date.now() })).run.info.run_id;
const points = (n, from) => Array.from({ length: n }, (_, i) => ({ key: `m${i % 10}`, value: Math.sin(from + i), timestamp: 1_700_000_000_000 + from + i, step: Math.floor((from + i) / 10) }));
const pairs = (n, from, what) => Array.from({ length: n }, (_, i) => ({ key: `${what}${from + i}`, value: `value ${i}` }));

/** Each work sends until the time is up; `unit` is what one request counts. */
const works = {
  "log-metric, 1 client": { clients: 1, unit: 1, send: (base, run, n) => call(base, "POST", "runs/log-metric", { run_id: run, key: "m0", value: n, timestamp: n, step: n }), count: (n) => n },
  "log-metric, 16 clients": { clients: 16, unit: 1, send: (base, run, n) => call(base, "POST", "runs/log-metric", { run_id: run, key: "m0", value: n, timestamp: n, step: n }), count: (n) => n },
  "log-batch of 1000 metrics, 1 client": { clients: 1, unit: 1000, send: (base, run, n) => call(base, "POST", "runs/log-batch", { run_id: run, metrics: points(1000, n * 1000) }), count: (n) => n * 100 },
  "log-batch of 1000 metrics, 8 clients": { clients: 8, unit: 1000, send: (base, run, n) => call(base, "POST", "runs/log-batch", { run_id: run, metrics: points(1000, n * 1000) }), count: (n) => n * 100 },
  "log-batch of 100 params, tags, metrics, 1 client": {
    clients: 1,
    unit: 1,
    send: (base, run, n) => call(base, "POST", "runs/log-batch", { run_id: run, metrics: points(100, n * 100), params: pairs(100, n * 100, "p"), tags: pairs(100, 0, "t") }),
    count: (n) => n * 10,
  },
};

async function measure(base, { clients, unit, send, count }) {
  const sent = await Promise.all(
    Array.from({ length: clients }, async () => {
      const run = await newRun(base);
      const until = performance.now() + seconds * 1000;
      const began = performance.now();
      let n = 0;
      const times = [];
      while (performance.now() < until) {
        const at = performance.now();
        await send(base, run, n++);
        times.push(performance.now() - at);
      }
      return { run, n, times, rate: (n * unit * 1000) / (performance.now() - began) };
    }),
  );
  for (const { run, n } of sent) {
    let stored = 0;
    for (let page = ""; page !== undefined; ) {
      const answer = await call(base, "GET", `metrics/get-history?run_id=${run}&metric_key=m0&max_results=25000${page && `&page_token=${encodeURIComponent(page)}`}`);
      stored += answer.metrics?.length ?? 0;
      page = answer.next_page_token || undefined;
    }
    if (stored !== count(n)) throw new Error(`${base}: ${stored} points of m0 are stored where ${count(n)} were acknowledged`);
  }
  const times = sent.flatMap((s) => s.times).sort((a, b) => a - b);
  const at = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))];
  return { rate: sent.reduce((sum, s) => sum + s.rate, 0), p50: at(0.5), p99: at(0.99) };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
for (const [name, work] of Object.entries(works)) {
  const results = new Map(targets.map((t) => [t, []]));
  for (let round = 0; round < rounds; round++) for (const base of targets) results.get(base).push(await measure(base, work));
  for (const base of targets) {
    const all = results.get(base);
    const rate = median(all.map((r) => r.rate));
    console.log(`${name.padEnd(50)} ${base.padEnd(28)} ${rate.toFixed(work.unit > 1 ? 0 : 1).padStart(9)} ${work.unit > 1 ? "metrics/s" : "req/s"}  p50 ${median(all.map((r) => r.p50)).toFixed(1)} ms  p99 ${median(all.map((r) => r.p99)).toFixed(1)} ms`);
  }
}
agent.destroy();
