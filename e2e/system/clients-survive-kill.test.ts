import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { apiOf } from "../support/api";
import { patientClient } from "../support/patient-client";
import { pythonWith } from "../support/python-clients";
import { until } from "../support/server";

const { url, dataDir } = inject("server");
const api = apiOf(url);
const pythonProcesses = 2;
const threadsEach = 5;
const rawClients = 40;

type Outcome = { run_id: string; steps: number[]; batches: number[]; error: string | null };

function pid(name: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(dataDir, "run", `${name}.pid`), "utf8"), 10) || null;
  } catch {
    return null;
  }
}

async function aRun(experimentId: string): Promise<string> {
  const { run } = await api.call<{ run: { info: { run_id: string } } }>("POST", "/api/2.0/mlflow/runs/create", { experiment_id: experimentId, start_time: 1 });
  return run.info.run_id;
}

/** What logging_loop.py does, on a plain connection. */
async function rawLoop(runId: string, isOver: () => boolean, tell: (done: number) => void): Promise<Outcome> {
  const client = patientClient(url);
  const outcome: Outcome = { run_id: runId, steps: [], batches: [], error: null };
  try {
    for (let i = 0; !isOver(); i++) {
      await client.post("/api/2.0/mlflow/runs/log-metric", { run_id: runId, run_uuid: runId, key: "m", value: i / 7, timestamp: 1_000_000 + i, step: i });
      outcome.steps.push(i);
      if (i % 5 === 0) {
        const metrics = Array.from({ length: 10 }, (_, n) => ({ key: "b", value: n, timestamp: 2_000_000 + i, step: i * 10 + n }));
        await client.post("/api/2.0/mlflow/runs/log-batch", { run_id: runId, metrics, params: [{ key: `p${i}`, value: String(i) }], tags: [{ key: "last", value: String(i) }] });
        outcome.batches.push(i);
      }
      tell(i + 1);
      // Fifty clients that log as fast as they can would show nothing more, and hold up other tests' machine.
      await new Promise((r) => setTimeout(r, 20));
    }
  } catch (error) {
    outcome.error = String(error);
  }
  client.close();
  return outcome;
}

function pythonLoop(runIds: string[], stopFile: string, tell: (runId: string, done: number) => void): Promise<Outcome[]> {
  const child = spawn(pythonWith("3.17.2", dataDir), ["e2e/clients/logging_loop.py", stopFile, ...runIds], {
    stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "", MLFLOW_DISABLE_TELEMETRY: "true" },
  });
  const outcomes: Outcome[] = [];
  let rest = "";
  let wrong = "";
  child.stdout.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, runId, done] = /^([0-9a-f]{32}) (\d+)$/.exec(line) ?? [];
      if (runId) tell(runId, Number(done));
      else if (line.startsWith("{")) outcomes.push(JSON.parse(line) as Outcome);
    }
  });
  child.stderr.on("data", (chunk) => (wrong = (wrong + chunk).slice(-3000)));
  return new Promise((resolve, reject) => child.once("close", (code) => (code === 0 && outcomes.length === runIds.length ? resolve(outcomes) : reject(new Error(`logging_loop.py: ${code} ${wrong}`)))));
}

async function history(runId: string, key: string): Promise<{ step: number; timestamp: number; value: number }[]> {
  const { metrics = [], next_page_token } = await api.call<{ metrics?: { step: number; timestamp: number; value: number }[]; next_page_token?: string }>("GET", `/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=${key}&max_results=25000`);
  expect(next_page_token).toBeUndefined();
  return metrics;
}

test("kill -9 of web, of PostgreSQL, of both, and of a PostgreSQL that stays away, while 50 clients log: every acknowledged point is there once, and no client gives up", { timeout: 400_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "flowbook-loops-"));
  const stopFile = join(folder, "stop");
  const { experiment_id } = await api.call<{ experiment_id: string }>("POST", "/api/2.0/mlflow/experiments/create", { name: `survive-${Date.now()}` });
  const runIds = await Promise.all(Array.from({ length: pythonProcesses * threadsEach + rawClients }, () => aRun(experiment_id)));
  const done = new Map(runIds.map((id) => [id, 0]));
  let isOver = false;
  const python = Array.from({ length: pythonProcesses }, (_, n) => pythonLoop(runIds.slice(n * threadsEach, (n + 1) * threadsEach), stopFile, (id, count) => done.set(id, count)));
  const raw = runIds.slice(pythonProcesses * threadsEach).map((id) => rawLoop(id, () => isOver, (count) => done.set(id, count)));
  const working = Promise.all([...python.map((p) => p), ...raw.map(async (r) => [await r])]).then((all) => all.flat());
  working.catch(() => {});

  /** Waits until each client has logged so many further steps. */
  const goneOn = async (by: number, timeoutMs: number, words: string) => {
    const before = new Map(done);
    const behind = () => runIds.filter((id) => (done.get(id) ?? 0) < (before.get(id) ?? 0) + by);
    await until(() => behind().length === 0, timeoutMs, () => `${words}: ${behind().length} of ${runIds.length} clients do not go on`);
  };
  const kill = async (victims: ("web" | "postgres")[], awayMs = 0) => {
    const before = victims.map((name) => [name, pid(name)] as const);
    const atMs = Date.now();
    const total = () => [...done.values()].reduce((a, b) => a + b, 0);
    const supervisor = pid("supervisor-web");
    // Whoever would start it again is held for so long: a database that has more to replay.
    if (awayMs && supervisor) process.kill(supervisor, "SIGSTOP");
    for (const [, id] of before) if (id) process.kill(id, "SIGKILL");
    await new Promise((r) => setTimeout(r, awayMs));
    if (awayMs && supervisor) process.kill(supervisor, "SIGCONT");
    await until(() => before.every(([name, id]) => pid(name) !== null && pid(name) !== id), 60_000, `${victims} did not start again`);
    const startedMs = Date.now() - atMs;
    const count = total();
    await until(() => total() > count, 90_000, "nothing is acknowledged any more");
    const firstMs = Date.now() - atMs;
    await goneOn(10, 120_000, `after kill -9 of ${victims.join(" and ")}`);
    process.stdout.write(`kill -9 of ${victims.join(" and ")}${awayMs ? `, held for ${awayMs} ms` : ""}: a new process after ${startedMs} ms, the first answer after ${firstMs} ms, all 50 clients ten steps further after ${Date.now() - atMs} ms\n`);
  };

  try {
    await goneOn(20, 120_000, "at the start");
    await kill(["web"]);
    await kill(["postgres"]);
    await kill(["web", "postgres"]);
    await kill(["postgres"], 12_000);
  } finally {
    isOver = true;
    writeFileSync(stopFile, "");
  }
  const outcomes = await working;
  rmSync(folder, { recursive: true, force: true });

  expect(outcomes.filter((o) => o.error !== null)).toEqual([]);
  for (const { run_id, steps, batches } of outcomes) {
    // Nothing is under way any more and nobody gave up: what is stored is what was acknowledged, each once.
    expect(await history(run_id, "m"), `m of ${run_id}`).toEqual(steps.map((i) => ({ key: "m", value: i / 7, timestamp: 1_000_000 + i, step: i })));
    expect((await history(run_id, "b")).map((m) => m.step), `b of ${run_id}`).toEqual(batches.flatMap((i) => Array.from({ length: 10 }, (_, n) => i * 10 + n)));
    const { data } = await api.run(run_id);
    expect(data.params?.map((p) => Number(p.value)).sort((a, b) => a - b)).toEqual(batches);
    expect(data.tags?.find((t) => t.key === "last")?.value).toBe(String(batches.at(-1)));
    expect(data.metrics?.find((m) => m.key === "m")?.value).toBe((steps.at(-1) ?? 0) / 7);
  }
});
