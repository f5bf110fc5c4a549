import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readEnv } from "./env";
import { Child } from "./supervisor/child";
import { killSteps } from "./supervisor/kill-steps";
import { requireFreePort, takeLock } from "./supervisor/lock";
import { type Postgres, startPostgres } from "./supervisor/postgres";

/*
 * The supervisor: starts PostgreSQL, web and runner as processes of their own, starts again what dies, stops them in order.
 * It must not read the environment by env() before DATABASE_URL is known; hence the imports inside.
 */

const here = dirname(fileURLToPath(import.meta.url));
const isSource = import.meta.url.endsWith(".ts");

export type Progress = { stage: (words: string) => void; done: (words: string) => void; say: (line: string) => void };

/** @throws Error in words for what the person can mend: configuration, a taken port, a data folder in use. */
export async function supervise({ progress, isDev, tools, onChildren }: { progress: Progress; isDev: boolean; /** Done when tools.json is right; processes start after it. */ tools?: Promise<void>; onChildren?: (children: Child[]) => void }): Promise<void> {
  const config = readEnv();
  const { dataDir, appDir } = config;
  mkdirSync(join(dataDir, "run"), { recursive: true });
  mkdirSync(join(dataDir, "secrets"), { recursive: true, mode: 0o700 });
  const releaseLock = takeLock(dataDir, config.services);
  rmSync(join(dataDir, "run", "leave-steps"), { force: true });
  let postgres: Postgres | undefined;
  const children: Child[] = [];
  let isStopping = false;

  const stopAll = async () => {
    // The runner first, so that steps end while web still takes their last metrics; the database last.
    for (const child of [...children].reverse()) await child.stop(15_000);
    await postgres?.stop();
    rmSync(join(dataDir, "run", "postgres.pid"), { force: true });
    releaseLock();
  };
  const kill = () => {
    for (const child of children) child.kill();
    killSteps(dataDir);
    postgres?.process.kill("SIGQUIT");
    releaseLock();
    process.exit(130);
  };
  let stopAskedAtMs = 0;
  const onSignal = (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => {
    if (isStopping) {
      // One Ctrl-C comes twice: from the terminal, and passed on by npm.
      if (signal === "SIGINT" && Date.now() - stopAskedAtMs > 700) kill();
      return;
    }
    isStopping = true;
    stopAskedAtMs = Date.now();
    void (async () => {
      if (signal === "SIGINT" && process.stdin.isTTY && (await wantsToLeaveSteps(config.databaseUrl ?? postgres?.url, kill))) {
        writeFileSync(join(dataDir, "run", "leave-steps"), "");
      }
      progress.say("Stopping…");
      await stopAll();
      process.exit(0);
    })();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => onSignal(signal));

  try {
    if (config.services.includes("web")) await requireFreePort(config.host, config.port);
    let url = config.databaseUrl;
    if (!url) {
      progress.stage("Starting PostgreSQL");
      postgres = await startPostgres({ dataDir, appDir });
      url = postgres.url;
      if (postgres.socketDir) process.env.FLOWBOOK_DATABASE_SOCKET = postgres.socketDir;
      keepPostgres(dataDir, appDir, postgres, () => isStopping, (again) => {
        postgres = again;
      });
      progress.done("PostgreSQL runs");
    }
    process.env.DATABASE_URL = url;
    writeFileSync(join(dataDir, "secrets", "database-url"), url, { mode: 0o600 });
    const { migrate } = await import("./migrate");
    const applied = await migrate(appDir, url);
    if (applied.length) progress.done(`Records brought up to date (${applied.length} ${applied.length === 1 ? "migration" : "migrations"})`);

    await tools;
    progress.stage("Starting Flowbook");
    let onReady = () => {};
    let onFailed: (error: Error) => void = () => {};
    const ready = new Promise<void>((done, fail) => {
      onReady = done;
      onFailed = fail;
    });
    const childEnv = { ...process.env, DATABASE_URL: url, NODE_ENV: isDev ? ("development" as const) : ("production" as const), FLOWBOOK_APP_DIR: appDir, NEXT_TELEMETRY_DISABLED: "1" };
    const script = (name: string) => (isSource ? join(here, "entry", `${name}.ts`) : join(here, `${name}.mjs`));
    for (const name of config.services) {
      const child = new Child({
        name, script: script(name), dataDir, isDev: isSource, env: childEnv,
        onMessage: (m) => {
          if (m.type === "ready") onReady();
          if (m.type === "failed" && name === "web") onFailed(new Error(`web could not start: ${m.message}`));
        },
      });
      children.push(child);
      child.start();
    }
    if (config.services.includes("web")) await withTimeout(ready, 120_000, `web did not get ready within two minutes; see ${join(dataDir, "logs", "web.log")}`);
    progress.done("Flowbook runs");
    onChildren?.(children);
    if (config.services.includes("web")) await greet(config, progress);
  } catch (error) {
    isStopping = true;
    await stopAll();
    throw error;
  }
}

/** PostgreSQL that dies is started again on its port; what was acknowledged is in its log. */
function keepPostgres(dataDir: string, appDir: string, running: Postgres, isStopping: () => boolean, changed: (p: Postgres) => void) {
  const pidFile = join(dataDir, "run", "postgres.pid");
  writeFileSync(pidFile, `${running.process.pid}\n`);
  running.process.once("exit", () => {
    rmSync(pidFile, { force: true });
    const again = (delayMs: number) => {
      if (isStopping()) return;
      startPostgres({ dataDir, appDir, port: running.port }).then(
        (p) => {
          changed(p);
          if (isStopping()) void p.stop();
          else keepPostgres(dataDir, appDir, p, isStopping, changed);
        },
        () => setTimeout(() => again(Math.min(delayMs * 2, 10_000)), delayMs),
      );
    };
    again(500);
  });
}

/** The link, and the lines to paste for MLflow's clients; the last lines are read by scripts. */
async function greet(config: ReturnType<typeof readEnv>, { say }: Progress): Promise<void> {
  const url = config.publicUrl;
  let token: string | undefined;
  if (config.auth === "accounts") {
    const { createOwnerLink, createOwnerToken, ensureOwner, findTokenHolder, systemCtx } = await import("./domain/workspaces");
    const ctx = await systemCtx();
    const { userId, hasPassword } = await ensureOwner(ctx);
    if (!hasPassword) say(`Sign in as the owner, once, within 24 hours: ${url}/login/${(await createOwnerLink(ctx)).token}`);
    const file = join(config.dataDir, "secrets", "owner-token");
    if (existsSync(file)) token = readFileSync(file, "utf8").trim();
    if (!token || !(await findTokenHolder(ctx, { token }))) {
      token = (await createOwnerToken(ctx, { userId })).token;
      writeFileSync(file, token, { mode: 0o600 });
    }
  } else {
    say("FLOWBOOK_AUTH=open: everybody on this machine acts as the owner.");
  }
  if (config.sandbox === "off") say("FLOWBOOK_SANDBOX=off: steps run unprotected, with the rights of this server.");
  say("");
  say(`Flowbook is ready: ${url}`);
  say(`export MLFLOW_TRACKING_URI=${url}`);
  if (token) say(`export MLFLOW_TRACKING_TOKEN=${token}`);
}

/** On a terminal, when steps are running: stop them, or leave them and find them at the next start? A second Ctrl-C stops at once. */
async function wantsToLeaveSteps(url: string | undefined, onSecond: () => void): Promise<boolean> {
  if (!url) return false;
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  const running = await client
    .connect()
    .then(() => client.query("SELECT count(*)::int AS n FROM \"Job\" WHERE state IN ('preparing', 'running', 'stopping')"))
    .then((r) => Number(r.rows[0].n), () => 0);
  await client.end().catch(() => {});
  if (running === 0) return false;
  const asks = createInterface({ input: process.stdin, output: process.stdout });
  // readline takes Ctrl-C for itself while it asks: this is a second press, never npm's copy of the first.
  asks.on("SIGINT", onSecond);
  const answer = await new Promise<string>((done) => asks.question(`\n${running} ${running === 1 ? "step is" : "steps are"} running. Stop them [s], or leave them running and find them at the next start [l]? `, done));
  asks.close();
  return answer.trim().toLowerCase().startsWith("l");
}

async function withTimeout<T>(work: Promise<T>, ms: number, words: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(words)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
