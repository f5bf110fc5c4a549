import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What is installed for tests once and kept between runs. */
export const testCache = process.env.FLOWBOOK_TEST_CACHE ?? join(homedir(), ".cache", "flowbook-tests");

const common = ["matplotlib", "psutil", "scikit-learn", "skops"];
/** The client's versions that are tried, and what each is installed with. */
export const pythonClients = {
  "3.17.2": ["mlflow-skinny==3.17.2", "pandas", ...common],
  // The newest of 2.x; its tracing knows no newer OpenTelemetry, its datasets no newer pandas.
  "2.22.5": ["mlflow-skinny==2.22.5", "pandas<3", "opentelemetry-sdk<1.34", "setuptools<81", ...common],
} as const;
export type PythonClient = keyof typeof pythonClients;

/** A Python that both versions run on. What pyenv's shims name may not be there, so each is asked. uv fetches one where there is none. */
function basePython(): string {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const found = ["3.11", "3.12", "3.13"].flatMap((v) => [`python${v}`, ...(existsSync(pyenv) ? readdirSync(pyenv).filter((name) => name.startsWith(`${v}.`)).map((name) => join(pyenv, name, "bin", "python3")) : [])]);
  for (const python of [...found, "python3"]) {
    const r = spawnSync(python, ["-c", "import sys; print(sys.executable if (3, 11) <= sys.version_info[:2] <= (3, 13) else '')"], { encoding: "utf8", timeout: 20_000 });
    if (r.status === 0 && r.stdout.trim()) return r.stdout.trim();
  }
  return "3.12";
}

/** The Python of an environment with this version of the client, made at the first call. `dataDir`: a server's, whose uv is used. */
export function pythonWith(version: PythonClient, dataDir: string): string {
  const { uv } = JSON.parse(readFileSync(join(dataDir, "tools", "tools.json"), "utf8")) as { uv: string };
  const folder = join(testCache, `mlflow-${version}`);
  const python = join(folder, "bin", "python");
  const wanted = pythonClients[version].join("\n");
  const mark = join(folder, ".complete");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted && existsSync(python)) return python;
  const run = (...args: string[]) => {
    const r = spawnSync(uv, args, { encoding: "utf8", timeout: 240_000 });
    if (r.status !== 0) throw new Error(`uv ${args.join(" ")}: ${r.stderr}${r.error ?? ""}`);
  };
  rmSync(mark, { force: true });
  mkdirSync(testCache, { recursive: true });
  run("venv", "--clear", "--python", basePython(), folder);
  run("pip", "install", "--python", python, ...pythonClients[version]);
  writeFileSync(mark, wanted);
  return python;
}

/** Runs a program to its end. Never throws; a program that cannot be started has status -1. */
export function runProgram(command: string, args: string[], options: { env?: Record<string, string>; cwd?: string; timeoutMs: number }): Promise<{ status: number; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: ["ignore", "pipe", "pipe"], timeout: options.timeoutMs, killSignal: "SIGKILL" });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    child.once("error", (error) => resolve({ status: -1, said: `${said}\n${error}` }));
    child.once("close", (code) => resolve({ status: code ?? -1, said }));
  });
}
