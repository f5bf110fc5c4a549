/*
 * MLflow's server answers in two segments without TCP_NODELAY, so an ordinary client on Linux waits 40 ms for each small answer. That
 * is what users get, so it counts; these figures show what is left without it. Node has no TCP_QUICKACK, Python has.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { charged, percentile } from "./measure.mjs";

const script = join(dirname(fileURLToPath(import.meta.url)), "quickack.py");

/** One client, one kind of request, as `timed` would measure it. @returns a sample */
export async function quickack(bench, server, { seconds, method = "POST", path, body = "" }) {
  const cost = await charged(server, () => runPython(bench.venv.python, { port: server.port, method, path, body, seconds }));
  const times = cost.result;
  const n = times.length;
  return {
    operations: n, counts: [n], rate: (n * 1000) / times.reduce((sum, t) => sum + t, 0), p50: percentile(times, 0.5), p99: percentile(times, 0.99),
    cpuMs: cost.cpuMs / n, cpuServerMs: cost.cpuServerMs / n, cpuPostgresMs: cost.cpuPostgresMs / n,
  };
}

function runPython(python, spec) {
  return new Promise((done, fail) => {
    const child = spawn(python, ["-S", script], { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (c) => (out += c));
    child.stderr.on("data", (c) => (err += c));
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? done(JSON.parse(out)) : fail(new Error(`quickack.py: ${err}`))));
    child.stdin.end(JSON.stringify(spec));
  });
}
