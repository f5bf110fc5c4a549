import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { aDataDir, freePort, startServer, until } from "../support/server";

function isAlive(pid: number) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs `npm start` to its end. */
async function tryStart(env: Record<string, string>) {
  const npm = spawn("npm", ["start"], { env: { ...process.env, DATABASE_URL: "", ...env } });
  let said = "";
  npm.stdout.on("data", (chunk) => (said += chunk));
  npm.stderr.on("data", (chunk) => (said += chunk));
  const code = await new Promise<number | null>((done) => npm.once("exit", (c) => done(c)));
  return { code, said };
}

test("a first start, what is refused beside it, a stop by SIGTERM to npm alone, and a quick second start", { timeout: 300_000 }, async () => {
  const dataDir = aDataDir();
  const first = await startServer({ dataDir, env: { FLOWBOOK_EXAMPLE: "0" } });
  const pids = (["web", "runner", "postgres"] as const).map((name) => first.pid(name));
  expect(first.ownerLink).toMatch(/\/login\/own_[0-9a-f]+$/);
  expect(first.token).toMatch(/^fbk_/);
  // The last lines are what scripts read.
  expect(first.said().trimEnd().split("\n").slice(-3)).toEqual([`Flowbook is ready: ${first.url}`, `export MLFLOW_TRACKING_URI=${first.url}`, `export MLFLOW_TRACKING_TOKEN=${first.token}`]);

  const second = await tryStart({ FLOWBOOK_DATA: dataDir, FLOWBOOK_PORT: String(await freePort()) });
  expect(second.code).toBe(1);
  expect(second.said).toContain("is running on the data folder");

  first.npm.kill("SIGTERM");
  await until(() => pids.every((pid) => !isAlive(pid)), 30_000, "what npm start began outlived it");
  await until(() => first.npm.exitCode !== null || first.npm.signalCode !== null, 5_000);

  const began = Date.now();
  const again = await startServer({ dataDir, port: first.port, env: { FLOWBOOK_EXAMPLE: "0" } });
  // Five seconds on an idle machine (bench/README.md); the margin is for a machine that runs other tests as well.
  expect(Date.now() - began).toBeLessThan(12_000);
  // The token of the first start goes on working; the link is a new one.
  expect(again.token).toBe(first.token);
  expect(again.ownerLink).not.toBe(first.ownerLink);
  await again.stop();
});

test("a taken port ends the start with exit 1 and the port's name", { timeout: 120_000 }, async () => {
  const port = await freePort();
  const holder = createServer().listen(port, "127.0.0.1");
  const { code, said } = await tryStart({ FLOWBOOK_DATA: aDataDir(), FLOWBOOK_PORT: String(port) });
  holder.close();
  expect(code).toBe(1);
  expect(said).toContain(`Port ${port}`);
});

test("FLOWBOOK_AUTH=open on another address than loopback is refused in words", { timeout: 60_000 }, async () => {
  const { code, said } = await tryStart({ FLOWBOOK_DATA: aDataDir(), FLOWBOOK_HOST: "0.0.0.0", FLOWBOOK_AUTH: "open" });
  expect(code).toBe(1);
  expect(said).toContain("loopback only");
});
