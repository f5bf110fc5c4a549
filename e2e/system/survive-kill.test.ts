import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { apiOf } from "../support/api";
import { until } from "../support/server";

const { url, dataDir } = inject("server");
const api = apiOf(url);
const pid = (name: string) => Number(readFileSync(join(dataDir, "run", `${name}.pid`), "utf8"));

/** 120 numbered lines over some six seconds; the line numbers show a gap or a doubled byte. */
const counting = {
  MLproject: "name: counting\nentry_points:\n  main: {command: python3 main.py}\n",
  "main.py": "import time\nfor i in range(120):\n    print(f'line {i:03d}', flush=True)\n    time.sleep(0.05)\nraise SystemExit(0)\n",
};
const wanted = Array.from({ length: 120 }, (_, i) => `line ${String(i).padStart(3, "0")}`);
const linesOf = (log: string) => log.split(/\r?\n/).filter((l) => l.startsWith("line "));

for (const victim of ["web", "runner"] as const) {
  test(`kill -9 of ${victim} in the middle of a step: it ends FINISHED and its log is whole`, { timeout: 120_000 }, async () => {
    await api.createProject(`counting-${victim}`, counting);
    const launched = await api.launch(`counting-${victim}`, {});
    await until(async () => linesOf(await api.log(launched.id).catch(() => "")).length > 10, 60_000, "the step did not begin to count");

    const before = pid(victim);
    process.kill(before, "SIGKILL");
    await until(() => {
      try {
        return pid(victim) !== before;
      } catch {
        return false;
      }
    }, 20_000, `${victim} was not started again`);

    const ended = await api.ended(launched.id, 60_000);
    expect(ended.state, ended.reason).toBe("finished");
    expect((await api.run(launched.run_id)).info.status).toBe("FINISHED");
    expect(linesOf(await api.log(launched.id))).toEqual(wanted);
  });
}

test("kill -9 of PostgreSQL: it comes back under its port, and nothing acknowledged is lost", { timeout: 120_000 }, async () => {
  const { experiment_id } = await api.call<{ experiment_id: string }>("POST", "/api/2.0/mlflow/experiments/create", { name: `crash-${Date.now()}` });
  const { run } = await api.call<{ run: { info: { run_id: string } } }>("POST", "/api/2.0/mlflow/runs/create", { experiment_id, start_time: 1 });
  const acknowledged: number[] = [];
  let isOver = false;
  const writer = (async () => {
    for (let step = 0; !isOver; step++) {
      await api.call("POST", "/api/2.0/mlflow/runs/log-metric", { run_id: run.info.run_id, key: "m", value: step, timestamp: step, step }).then(() => acknowledged.push(step), () => new Promise((r) => setTimeout(r, 50)));
    }
  })();
  await until(() => acknowledged.length > 50, 20_000);
  const before = pid("postgres");
  process.kill(before, "SIGKILL");
  const downAt = acknowledged.length;
  await until(() => acknowledged.length > downAt + 50, 60_000, "the service did not come back");
  isOver = true;
  await writer;
  const { metrics } = await api.call<{ metrics: { step: number }[] }>("GET", `/api/2.0/mlflow/metrics/get-history?run_id=${run.info.run_id}&metric_key=m&max_results=25000`);
  const stored = new Set(metrics.map((m) => m.step));
  expect(acknowledged.filter((step) => !stored.has(step))).toEqual([]);
});
