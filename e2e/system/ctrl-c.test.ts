import { spawnSync } from "node:child_process";
import { spawn } from "node-pty";
import { expect, test } from "vitest";
import { apiOf } from "../support/api";
import { aDataDir, freePort, until } from "../support/server";

/* On a terminal Ctrl-C asks what becomes of the running steps. */

async function startOnTerminal(dataDir: string, port: number) {
  const terminal = spawn("npm", ["start"], {
    cols: 120, rows: 30,
    env: { ...process.env, FLOWBOOK_DATA: dataDir, FLOWBOOK_PORT: String(port), FLOWBOOK_AUTH: "open", FLOWBOOK_EXAMPLE: "0", DATABASE_URL: "", NODE_ENV: "production" },
  });
  let said = "";
  let exitCode: number | undefined;
  terminal.onData((data) => (said += data));
  terminal.onExit((e) => {
    exitCode = e.exitCode;
  });
  const says = (words: string, timeoutMs = 60_000) => until(() => said.includes(words), timeoutMs, () => `'${words}' was not said:\n${said}`);
  await says("export MLFLOW_TRACKING_URI=", 240_000);
  return { write: (text: string) => terminal.write(text), says, ended: () => until(() => exitCode !== undefined, 30_000, () => `it did not end:\n${said}`), exitCode: () => exitCode };
}

/** Processes whose command line names the data folder. */
const leftOf = (dataDir: string) => spawnSync("pgrep", ["-f", dataDir], { encoding: "utf8" }).stdout.trim();

test("Ctrl-C asks; steps that are left are found again with their whole log; a second Ctrl-C leaves nothing", { timeout: 300_000 }, async () => {
  const dataDir = aDataDir();
  const port = await freePort();
  const api = apiOf(`http://127.0.0.1:${port}`);
  const first = await startOnTerminal(dataDir, port);
  await api.createProject("ticks", { MLproject: "name: ticks\nentry_points:\n  main:\n    parameters:\n      n: {type: int, default: 20}\n    command: 'for i in $(seq {n}); do echo tick $i.; sleep 1; done'\n" });
  const left = await api.launch("ticks", {});
  await api.inState(left.id, "running");
  first.write("\x03");
  await first.says("or leave them running");
  first.write("l\r");
  await first.ended();

  const second = await startOnTerminal(dataDir, port);
  const ended = await api.ended(left.id, 60_000);
  expect(ended.state, ended.reason).toBe("finished");
  const log = await api.log(left.id);
  expect(Array.from({ length: 20 }, (_, i) => `tick ${i + 1}.`).filter((tick) => log.split(tick).length !== 2)).toEqual([]);

  const cut = await api.launch("ticks", { parameters: { n: 600 } });
  await api.inState(cut.id, "running");
  second.write("\x03");
  await second.says("or leave them running");
  second.write("\x03");
  await second.ended();
  expect(second.exitCode()).not.toBe(0);
  await until(() => leftOf(dataDir) === "", 10_000, () => `something was left running: ${leftOf(dataDir)}`);
});
