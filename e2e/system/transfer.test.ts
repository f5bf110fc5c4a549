import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type MlflowServer, mlflowPython, startMlflow } from "../support/mlflow-server";
import { type RunningServer, startServer } from "../support/server";

/* From a real MLflow store to Flowbook and on to a real MLflow server, and nothing differs. `npm run test:transfer` does it with 2,200 runs. */

const runs = Number(process.env.FLOWBOOK_TRANSFER_RUNS ?? 60);
const longHistory = process.env.FLOWBOOK_TRANSFER_RUNS ? 100_000 : 1000;
const patience = runs > 100 ? 3_600_000 : 900_000;
const folder = mkdtempSync(join(tmpdir(), "flowbook-transfer-"));
const store = ["--left", `sqlite:///${folder}/store.db`, "--left-artifacts-root", `${folder}/artifacts`];
const importArgs = ["--from", `sqlite:///${folder}/store.db`, "--artifacts-root", `${folder}/artifacts`];
let flowbook: RunningServer;
let mlflow: MlflowServer;

beforeAll(async () => {
  const python = mlflowPython(inject("server").dataDir);
  const made = spawnSync(python, ["e2e/transfer/make_store.py", folder, String(runs), String(longHistory)], { encoding: "utf8", timeout: 600_000 });
  if (made.status !== 0) throw new Error(made.stderr.slice(-4000));
  flowbook = await startServer({ env: { FLOWBOOK_AUTH: "open", FLOWBOOK_EXAMPLE: "0" } });
  mlflow = await startMlflow(python, mkdtempSync(join(folder, "stock-")));
}, 1_200_000);

afterAll(async () => {
  await mlflow?.stop();
  await flowbook?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one of the commands to its end, or kills it outright once it has said what is waited for. */
function command(name: string, args: string[], killAt?: RegExp): Promise<{ code: number | null; said: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--import", "tsx", `scripts/${name}.ts`, ...args], { env: { ...process.env, FLOWBOOK_DATA: flowbook.dataDir, DATABASE_URL: "" } });
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (killAt?.test(said)) child.kill("SIGKILL");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => done({ code, said }));
  });
}

test("a store comes to Flowbook whole, although the import is killed on its way", { timeout: patience }, async () => {
  await command("import-mlflow", importArgs, /\n {2}[1-9][\d,]* of /);
  const second = await command("import-mlflow", importArgs);
  expect(second.code, second.said).toBe(0);
  expect(second.said).toContain("All is here");
  const compared = await command("compare-mlflow", [...store, "--right", flowbook.url]);
  expect(compared.code, compared.said).toBe(0);
  expect(compared.said).toContain("No difference");
});

test("and from Flowbook to a stock MLflow server, although the export is killed on its way; a difference would be seen", { timeout: patience }, async () => {
  await command("export-mlflow", ["--to", mlflow.url], /\n {2}[1-9][\d,]* of /);
  const second = await command("export-mlflow", ["--to", mlflow.url]);
  expect(second.code, second.said).toBe(0);
  const compared = await command("compare-mlflow", [...store, "--right", mlflow.url]);
  expect(compared.code, compared.said).toBe(0);
  process.stdout.write(`${second.said.split("\n").slice(-4).join("\n")}${compared.said.split("\n").slice(-3).join("\n")}`);

  const send = (path: string, body: object) =>
    fetch(`${mlflow.url}/api/2.0/mlflow/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then((r) => r.json() as Promise<{ runs: { info: { run_id: string } }[] }>);
  const found = await send("runs/search", { experiment_ids: ["1", "2", "3"], max_results: 1 });
  const runId = found.runs[0]?.info.run_id ?? "";
  await send("runs/log-metric", { run_id: runId, key: "loss", value: 1, timestamp: 1, step: 0 });
  const other = await command("compare-mlflow", [...store, "--right", mlflow.url]);
  expect(other.code).toBe(1);
  expect(other.said).toMatch(/history, loss: "\d+ points/);
});

test("an experiment of a tracking server comes over HTTP", { timeout: patience }, async () => {
  const brought = await command("import-mlflow", ["--from", mlflow.url, "--experiment", "plain"]);
  expect(brought.code, brought.said).toBe(0);
  expect(brought.said).toContain("experiment 'plain' was here: its runs join");
});
