import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "../support/server";
import { mlflowVersion } from "./recording";

/** The real `mlflow server` on an empty store of its own. Its environment is made once and kept; MLFLOW_BIN names another `mlflow`. */
export async function startMlflow(): Promise<{ url: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "real-mlflow-"));
  const port = await freePort();
  const server = spawn(
    process.env.MLFLOW_BIN ?? installed(),
    ["server", "--backend-store-uri", `sqlite:///${join(folder, "m.db")}`, "--artifacts-destination", join(folder, "artifacts"), "--serve-artifacts", "--workers", "1", "--host", "127.0.0.1", "--port", String(port)],
    { cwd: folder, stdio: "ignore", detached: true, env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" } },
  );
  const stop = () => {
    // The whole group: its workers are processes of their own.
    if (server.pid) process.kill(-server.pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(async () => (await fetch(`${url}/version`).catch(() => null))?.ok, 180_000, "mlflow server did not start");
    const version = await (await fetch(`${url}/version`)).text();
    if (version !== mlflowVersion) throw new Error(`This is MLflow ${version}, and the recording is of ${mlflowVersion}.`);
  } catch (error) {
    stop();
    throw error;
  }
  return { url, stop };
}

function installed(): string {
  const folder = join(process.env.FLOWBOOK_TEST_CACHE ?? join(homedir(), ".cache", "flowbook-tests"), `mlflow-server-${mlflowVersion}`);
  if (!existsSync(join(folder, ".complete"))) {
    run("python3", "-m", "venv", "--clear", folder);
    run(join(folder, "bin", "pip"), "install", "--quiet", `mlflow==${mlflowVersion}`);
    writeFileSync(join(folder, ".complete"), "");
  }
  return join(folder, "bin", "mlflow");
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}
