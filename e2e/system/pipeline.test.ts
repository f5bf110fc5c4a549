import { expect, inject, test } from "vitest";
import { apiOf, type Launch } from "../support/api";

const { url } = inject("server");
const api = apiOf(url);

test("one call launches the example's pipeline, and everything of it is on record", { timeout: 240_000 }, async () => {
  const launched = await api.launch("multistep", { parameters: { input1: 900, epochs: 12 } });
  const main = await api.ended(launched.id);
  expect(main.state, `${main.reason}\n${await api.log(main.id)}`).toBe("finished");
  expect(main.exit_code).toBe(0);
  expect(main.command).toMatch(/^python main\.py --input1 900 /);

  const run = await api.run(main.run_id);
  expect(run.info.status).toBe("FINISHED");
  expect(run.data.params).toContainEqual({ key: "input1", value: "900" });

  const { launches } = await api.call<{ launches: Launch[] }>("GET", `/api/2.0/flowbook/launches?parent_run_id=${main.run_id}`);
  expect(launches.map((l) => l.entry_point).sort()).toEqual(["download", "process", "train"]);
  for (const child of launches) {
    expect((await api.run(child.run_id)).info.status).toBe("FINISHED");
    expect(await api.log(child.id)).not.toBe("");
    // Each has its page.
    expect((await fetch(`${url}/default/runs/${child.run_id}`)).status).toBe(200);
  }
  const train = launches.find((l) => l.entry_point === "train");
  const { metrics } = await api.call<{ metrics: { value: number }[] }>("GET", `/api/2.0/mlflow/metrics/get-history?run_id=${train?.run_id}&metric_key=val_rmse&max_results=1000`);
  expect(metrics).toHaveLength(12);
  const { files } = await api.call<{ files: { path: string }[] }>("GET", `/api/2.0/mlflow/artifacts/list?run_id=${train?.run_id}`);
  expect(files.some((f) => f.path.endsWith(".png"))).toBe(true);
  expect(await api.log(main.id)).toContain("Launching 'train'");
});

test("a command that is not found, a killed step and a missing parameter say so", { timeout: 120_000 }, async () => {
  await api.createProject("faults", {
    MLproject: [
      "name: faults", "entry_points:",
      "  missing: {command: no-such-program --x}",
      "  killed: {command: 'kill -9 $$'}",
      "  three: {parameters: {a: int, b: {type: float, default: 1.5}}, command: 'exit 3 # {a} {b}'}", "",
    ].join("\n"),
  });
  const missing = await api.ended((await api.launch("faults", { entry_point: "missing" })).id);
  expect(missing).toMatchObject({ state: "failed", exit_code: 127 });
  expect(missing.reason).toMatch(/exit code 127/);
  const killed = await api.ended((await api.launch("faults", { entry_point: "killed" })).id);
  expect(killed.state).toBe("failed");
  expect(killed.reason).toMatch(/signal 9/);
  expect((await api.run(killed.run_id)).info.status).toBe("FAILED");

  await expect(api.launch("faults", { entry_point: "nowhere" })).rejects.toThrow(/missing.*killed.*three/s);
  const refused = await api.launch("faults", { entry_point: "three", parameters: { b: "0,5" } }).catch((e: { status: number; body: string }) => e);
  expect(refused).toMatchObject({ status: 400 });
  const { problems } = JSON.parse((refused as { body: string }).body) as { problems: { field: string }[] };
  expect(problems.map((p) => p.field).sort()).toEqual(["parameters.a", "parameters.b"]);
});

test("Stop ends the whole process tree of a step that ignores signals", { timeout: 120_000 }, async () => {
  await api.createProject("stubborn", {
    MLproject: "name: stubborn\nentry_points:\n  main: {command: python3 main.py}\n",
    "main.py": "import os, signal, subprocess, sys, time\nfor s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\nsubprocess.Popen(['setsid', 'sleep', '4711'])\nprint('deaf', flush=True)\nwhile True: time.sleep(1)\n",
  });
  const launched = await api.launch("stubborn", {});
  await api.inState(launched.id, "running");
  const began = Date.now();
  await api.call("POST", `/api/2.0/flowbook/launches/${launched.id}/stop`, {});
  const ended = await api.ended(launched.id, 20_000);
  expect(ended.state).toBe("stopped");
  expect(Date.now() - began).toBeLessThan(8_000);
  expect((await api.run(launched.run_id)).info.status).toBe("KILLED");
});
