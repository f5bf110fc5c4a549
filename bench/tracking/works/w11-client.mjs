// w11: MLflow's own Python client. Most of its time is the client's own, so no server can be more than some five times faster here.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { charged, compare } from "../measure.mjs";

const script = join(dirname(dirname(fileURLToPath(import.meta.url))), "client.py");
const rows = [
  { id: "w11-metrics", work: "metrics", count: 1000, quick: 100, label: "Python client: log_metric" },
  { id: "w11-async", work: "async", count: 500, quick: 200, label: "Python client: log_metric(synchronous=False) and flush" },
  { id: "w11-params", work: "params", count: 100, quick: 20, label: "Python client: log_params of 10" },
  { id: "w11-runs", work: "runs", count: 20, quick: 5, label: "Python client: run with a param, a metric, a tag" },
].map((row) => ({ by: "p50", unit: "ms", rounds: 2, warm: false, ...row }));

export async function run(bench) {
  const clients = {};
  try {
    for (const name of bench.names) clients[name] = await startClient(bench, bench.servers[name]);
    for (const row of rows) {
      const count = bench.isQuick ? row.quick : row.count;
      await compare(bench, { ...row, label: `${row.label}, ${count} times, each` }, async (server) => {
        const cost = await charged(server, () => clients[server.name].ask(`${row.work} ${count}`));
        return { operations: count, p50: (cost.result * 1000) / count, cpuMs: cost.cpuMs / count, cpuServerMs: cost.cpuServerMs / count, cpuPostgresMs: cost.cpuPostgresMs / count };
      });
    }
  } finally {
    for (const client of Object.values(clients)) client.end();
  }
}

async function startClient(bench, server) {
  const child = spawn(bench.venv.python, [script, `client-${Date.now()}`], { env: { ...process.env, MLFLOW_TRACKING_URI: server.uri, MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" }, stdio: ["pipe", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (c) => {
    err = (err + c).slice(-2000);
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    // MLflow's client prints links to runs on stdout as well.
    if (line === "ready" || line.startsWith("{")) waiting.shift()?.done(line);
  });
  child.once("exit", (code) => waiting.splice(0).forEach((w) => w.fail(new Error(`client.py ended with ${code}: ${err}`))));
  const next = () => new Promise((done, fail) => waiting.push({ done, fail }));
  await next();
  return {
    ask: async (words) => {
      child.stdin.write(`${words}\n`);
      const answer = JSON.parse(await next());
      if (answer.error) throw new Error(`${server.name}: the client says: ${answer.error}`);
      return answer.seconds;
    },
    end: () => child.stdin.end(),
  };
}
