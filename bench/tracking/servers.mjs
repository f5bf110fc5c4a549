/*
 * The two servers, each with a PostgreSQL cluster of its own: same programs, same settings, same disk. Two clusters rather than two
 * databases of one, so that processor time of PostgreSQL (its writers included) belongs to one server.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ProcessTree } from "./cpu.mjs";
import { Connection } from "./http.mjs";

export const appDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Flowbook's own way to start the embedded PostgreSQL, bundled from its source so that both clusters are exactly what it would make. */
async function postgresStarter() {
  const outfile = join(appDir, "node_modules", ".cache", "flowbook-bench", `postgres-${process.pid}.mjs`);
  await build({ entryPoints: [join(appDir, "server/supervisor/postgres.ts")], outfile, bundle: true, format: "esm", platform: "node", target: "node20", packages: "external", logLevel: "error" });
  const starter = await import(pathToFileURL(outfile).href);
  rmSync(outfile);
  return starter;
}

/** @returns {Promise<{mlflow: Server, flowbook: Server}>} with PostgreSQL running and the servers not yet started. */
export async function prepareServers({ dir, port, venv, useDist, profile }) {
  const { startPostgres, ensureDatabase } = await postgresStarter();
  const clusters = {};
  for (const name of ["mlflow", "flowbook"]) {
    mkdirSync(join(dir, name), { recursive: true });
    const cluster = await startPostgres({ dataDir: join(dir, name), appDir });
    await ensureDatabase(cluster.url, name);
    clusters[name] = { stop: cluster.stop, url: cluster.url.replace(/\/flowbook$/, `/${name}`), socketDir: cluster.socketDir, tree: new ProcessTree(cluster.process.pid) };
  }
  const artifacts = join(dir, "mlflow", "artifacts");
  const mlflow = new Server("mlflow", {
    dir: join(dir, "mlflow"), port, cluster: clusters.mlflow, artifacts,
    command: [venv.mlflow, "server", "--backend-store-uri", mlflowStoreUri(clusters.mlflow), "--artifacts-destination", artifacts, "--serve-artifacts", "--host", "127.0.0.1", "--port", String(port)],
    env: {},
  });
  const flowbook = new Server("flowbook", {
    dir: join(dir, "flowbook"), port: port + 1, cluster: clusters.flowbook, artifacts: join(dir, "flowbook", "data", "artifacts"),
    command: [process.execPath, useDist ? join(appDir, "bench", "tracking", "supervise.mjs") : join(appDir, "scripts", "start.mjs")],
    env: {
      FLOWBOOK_DATA: join(dir, "flowbook", "data"), FLOWBOOK_PORT: String(port + 1), FLOWBOOK_AUTH: "open", FLOWBOOK_EXAMPLE: "0", DATABASE_URL: clusters.flowbook.url,
      ...(clusters.flowbook.socketDir ? { FLOWBOOK_DATABASE_SOCKET: clusters.flowbook.socketDir } : {}),
      ...(profile ? { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port + 2}` } : {}),
    },
  });
  return { mlflow, flowbook };
}

/** By the Unix socket where there is one, as Flowbook's own. */
function mlflowStoreUri({ url, socketDir }) {
  const { username, password, port, pathname, host } = new URL(url);
  const address = socketDir ? `${username}:${password}@${pathname}?host=${encodeURIComponent(socketDir)}&port=${port}` : `${username}:${password}@${host}${pathname}`;
  return `postgresql+psycopg2://${address}`;
}

class Server {
  #child;

  constructor(name, { dir, port, cluster, command, env, artifacts }) {
    Object.assign(this, { name, dir, port, cluster, artifacts, command, env, idleCpu: { server: 0, postgres: 0 } });
    this.uri = `http://127.0.0.1:${port}`;
    /** For preparing and checking, never for measuring. */
    this.api = new Connection({ port });
    this.state = {};
  }

  get webPid() {
    const file = join(this.dir, "data", "run", "web.pid");
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  }

  /** Starts it and waits until it answers and is quiet. @returns wall to the first answer and processor time until quiet, in ms. */
  async start() {
    const began = performance.now();
    const before = this.cluster.tree.cpuMs();
    const log = openSync(join(this.dir, "server.log"), "a");
    const { DATABASE_URL, MLFLOW_TRACKING_URI, ...clean } = process.env;
    this.#child = spawn(this.command[0], this.command.slice(1), { cwd: this.name === "mlflow" ? this.dir : appDir, stdio: ["ignore", log, log], detached: true, env: { ...clean, FLOWBOOK_BENCH_DIR: this.dir, ...this.env } });
    closeSync(log);
    let ended;
    this.#child.once("exit", (code) => {
      ended = code ?? "a signal";
    });
    this.tree = new ProcessTree(this.#child.pid);
    for (;;) {
      if (ended !== undefined) throw new Error(`${this.name} ended with ${ended}; see ${join(this.dir, "server.log")}`);
      const isUp = await this.api.send("GET", "/health").then((r) => r.status === 200, () => false);
      if (isUp) break;
      if (performance.now() - began > 300_000) throw new Error(`${this.name} did not answer within five minutes`);
      await pause(25);
    }
    const wallMs = performance.now() - began;
    await this.quiet({ mostMs: 90_000, windowMs: 1_500, leastMs: 5_000 });
    return { wallMs, cpuMs: this.tree.cpuMs(), postgresCpuMs: this.cluster.tree.cpuMs() - before };
  }

  /** Processor time of both so far. */
  cpu() {
    return { server: this.tree.cpuMs(), postgres: this.cluster.tree.cpuMs() };
  }

  /** Waits until what goes on behind the answers (merging, vacuum, start-up) is over: less than 6 % of a processor in a window. */
  async quiet({ mostMs = 3_000, windowMs = 250, leastMs = 0 } = {}) {
    const began = performance.now();
    const sum = () => this.tree.cpuMs() + this.cluster.tree.cpuMs();
    for (let last = sum(); performance.now() - began < mostMs; ) {
      await pause(windowMs);
      const now = sum();
      if (now - last <= windowMs * 0.06 && performance.now() - began >= leastMs) return;
      last = now;
    }
  }

  /** Processor time per second when nobody asks anything. It is taken off from what works are charged. */
  async measureIdle(seconds) {
    const before = this.cpu();
    await pause(seconds * 1000);
    const after = this.cpu();
    this.idleCpu = { server: (after.server - before.server) / seconds, postgres: (after.postgres - before.postgres) / seconds };
    return this.idleCpu;
  }

  async stop() {
    this.api.close();
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const pids = this.tree.pids;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await Promise.race([ended, pause(20_000)]);
    }
    // MLflow's helpers outlive their parent for a while; only processes of its own tree are ended.
    for (const pid of new Set([...this.tree.pids, ...pids])) endIfOurs(pid, this.dir);
  }
}

function endIfOurs(pid, dir) {
  try {
    const env = readFileSync(`/proc/${pid}/environ`, "utf8");
    if (env.includes(`FLOWBOOK_BENCH_DIR=${dir}\0`)) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
