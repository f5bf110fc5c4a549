import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./server";

/** Python with all of MLflow, server included, in an environment of its own that is kept between runs. FLOWBOOK_TEST_MLFLOW names one that is there. */
export function mlflowPython(dataDir: string): string {
  if (process.env.FLOWBOOK_TEST_MLFLOW) return process.env.FLOWBOOK_TEST_MLFLOW;
  const { uv } = JSON.parse(readFileSync(join(dataDir, "tools", "tools.json"), "utf8")) as { uv: string };
  const folder = join(process.env.FLOWBOOK_TEST_CACHE ?? join(homedir(), ".cache", "flowbook-tests"), "mlflow-server-3.17.2");
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, ".complete"))) {
    const run = (...args: string[]) => {
      const r = spawnSync(uv, args, { encoding: "utf8", timeout: 400_000 });
      if (r.status !== 0) throw new Error(`uv ${args.join(" ")}: ${r.stderr}`);
    };
    const base = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
    run("venv", "--clear", "--python", base, folder);
    run("pip", "install", "--python", python, "mlflow==3.17.2");
    spawnSync("touch", [join(folder, ".complete")]);
  }
  return python;
}

export type MlflowServer = { url: string; stop: () => Promise<void> };

/** The real tracking server on a fresh store in `folder`. */
export async function startMlflow(python: string, folder: string): Promise<MlflowServer> {
  const port = await freePort();
  const args = ["-m", "mlflow", "server", "--backend-store-uri", `sqlite:///${folder}/mlflow.db`, "--artifacts-destination", `${folder}/artifacts`, "--serve-artifacts", "--workers", "1", "--port", String(port)];
  // A group of its own: the program starts workers that outlive it otherwise.
  const child: ChildProcess = spawn(python, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  child.stdout?.on("data", (chunk) => (said += chunk));
  child.stderr?.on("data", (chunk) => (said += chunk));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`mlflow server ended:\n${said.slice(-4000)}`);
    return fetch(`${url}/health`).then((r) => r.ok, () => false);
  }, 180_000, () => `mlflow server did not get ready:\n${said.slice(-4000)}`);
  return {
    url,
    stop: async () => {
      const ended = new Promise<void>((done) => child.once("exit", () => done()));
      if (child.pid && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
      await ended;
    },
  };
}
