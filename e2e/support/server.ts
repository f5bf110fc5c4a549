import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A whole Flowbook, started by `npm start` as a person would, on a data folder of its own. */
export type RunningServer = {
  url: string;
  /** For MLflow's clients; absent under FLOWBOOK_AUTH=open. */
  token: string | undefined;
  ownerLink: string | undefined;
  dataDir: string;
  port: number;
  npm: ChildProcess;
  /** What it printed. */
  said: () => string;
  /** The pid of `web`, `runner` or `postgres` as now written. */
  pid: (name: "web" | "runner" | "postgres") => number;
  stop: () => Promise<void>;
};

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address ? address.port : 0;
}

/** A fresh data folder in a 0700 parent, as /root would be. */
export const aDataDir = () => join(mkdtempSync(join(tmpdir(), "flowbook-e2e-")), "data");

export async function startServer(options: { env?: Record<string, string>; dataDir?: string; port?: number } = {}): Promise<RunningServer> {
  const dataDir = options.dataDir ?? aDataDir();
  const port = options.port ?? (await freePort());
  const npm = spawn("npm", ["start"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FLOWBOOK_DATA: dataDir, FLOWBOOK_PORT: String(port), FLOWBOOK_HOST: "127.0.0.1", DATABASE_URL: "", NODE_ENV: "production", ...options.env },
  });
  let said = "";
  npm.stdout.on("data", (chunk) => (said += chunk));
  npm.stderr.on("data", (chunk) => (said += chunk));
  const ended = new Promise<void>((done) => npm.once("exit", () => done()));
  await until(() => {
    if (npm.exitCode !== null) throw new Error(`npm start ended:\n${said}`);
    return /Flowbook is ready: .*\n[\s\S]*MLFLOW_TRACKING_URI=\S+/.test(said) && (options.env?.FLOWBOOK_AUTH === "open" || /MLFLOW_TRACKING_TOKEN=\S+/.test(said));
  }, 240_000, () => `Flowbook did not get ready:\n${said}`);
  return {
    url: /Flowbook is ready: (\S+)/.exec(said)?.[1] ?? "",
    token: /MLFLOW_TRACKING_TOKEN=(\S+)/.exec(said)?.[1],
    ownerLink: /(http\S+\/login\/\S+)/.exec(said)?.[1],
    dataDir, port, npm,
    said: () => said,
    pid: (name) => Number(readFileSync(join(dataDir, "run", `${name}.pid`), "utf8")),
    stop: async () => {
      if (npm.exitCode === null) npm.kill("SIGTERM");
      await ended;
      rmSync(join(dataDir, ".."), { recursive: true, force: true });
    },
  };
}

/** Waits for a condition, looked at every 100 ms. @throws Error with `words` when the time is over. */
export async function until<T>(look: () => T | Promise<T>, timeoutMs: number, words: string | (() => string) = "it did not happen in time"): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(typeof words === "string" ? words : words());
    await new Promise((r) => setTimeout(r, 100));
  }
}
