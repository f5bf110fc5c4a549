import { createServer as createHttpServer, type IncomingHttpHeaders, type Server } from "node:http";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server as NetServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { env } from "@/server/env";
import { type OpenGate, startProxy } from "./proxy";
import { describeSandbox } from "./sandbox";
import { aStep, withTools } from "./testing/run-step";
import { readTools } from "./tools";

const canary = "canary-7f3a9b";
const trackingPort = 42_211;
let proxy: OpenGate;
let tracking: Server;
let listener: NetServer;
let listenerPort = 0;
let seen: IncomingHttpHeaders = {};

beforeAll(async () => {
  await withTools();
  vi.stubEnv("FLOWBOOK_CANARY", canary);
  proxy = await startProxy();
  tracking = createHttpServer((from, to) => {
    seen = from.headers;
    to.end("ok");
  }).listen(trackingPort, "127.0.0.1");
  listener = createServer((socket) => socket.end("secret")).listen(0, "127.0.0.1");
  await new Promise((done) => listener.once("listening", done));
  const address = listener.address();
  listenerPort = typeof address === "object" && address ? address.port : 0;
}, 300_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
  tracking.closeAllConnections();
  tracking.close();
  listener.close();
});

test("a hostile step gets nothing of the server, of others, or of the network inside", async () => {
  expect(await describeSandbox()).toMatchObject({ mode: "on", reason: null });
  const { dataDir, databaseUrl } = env();
  mkdirSync(join(dataDir, "secrets"), { recursive: true });
  writeFileSync(join(dataDir, "secrets", "step"), canary);
  const other = await aStep("sleep 60", { files: { "private.txt": canary } });
  const database = Number(new URL(databaseUrl ?? "postgres://x:5432").port);
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter((a) => !a.internal && !a.address.startsWith("fe80")).map((a) => a.address);
  const local = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "[::]", "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "224.0.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "metadata.google.internal", "localhost.", ...own];
  const interpreter = readTools().interpreters.at(-1);
  if (!interpreter) throw new Error("this test needs a Python");
  const given = {
    canary,
    serverPid: process.pid,
    listener: listenerPort,
    trackingPort,
    secretFiles: [join(dataDir, "secrets", "step"), join(other.dir, "tree", "private.txt"), join(other.dir, "spec.json"), join(env().appDir, "package.json"), `/proc/${process.pid}/environ`],
    // The way to the interpreter, which is shown; nothing beside it is.
    shownFolders: interpreter.base.split("/"),
    secretFolders: [dataDir, join(dataDir, "jobs"), other.dir, env().appDir, "/tmp"],
    secretSockets: [join(dataDir, "run", "egress.sock"), join(other.dir, "ctl.sock"), join(other.dir, "sock", "tracking.sock"), "/run/ws/ctl.sock", "/run/dbus/system_bus_socket", "/var/run/docker.sock", "\0flowbook"],
    addresses: [["127.0.0.1", database], ["127.0.0.1", listenerPort], ["127.0.0.1", 22], ["::1", listenerPort], ["169.254.169.254", 80], ["10.0.0.1", 80], ["192.168.1.1", 80], ...own.flatMap((address) => [[address, listenerPort], [address, database]])],
    proxied: [...local.map((host) => `${host}:443`), `127.0.0.1:${listenerPort}`, `127.0.0.1:${database}`, "pypi.org:22", "pypi.org:25", "pypi.org:80", "user@127.0.0.1:443", ":443", "127.0.0.1"],
    proxiedUrls: [...local.map((host) => `http://${host}/`), `http://127.0.0.1:${listenerPort}/`, `http://localhost:${trackingPort}/who`, "http://pypi.org:8080/", "https://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/"],
  };
  const step = await aStep(`${interpreter.path} hostile.py`, {
    files: { "hostile.py": readFileSync(join(env().appDir, "server/runner/testing/hostile.py"), "utf8"), "hostile.json": JSON.stringify(given) },
    environment: { envDir: join(dataDir, "sandbox", "etc"), mounts: interpreter.base.startsWith("/usr") ? [] : [interpreter.base] },
    tracking: { host: "127.0.0.1", port: trackingPort, token: "step_mine" },
  });
  const status = await step.end();
  const report = /<<<(.*)>>>/s.exec(step.log().replaceAll("\r\n", ""))?.[1];
  if (!report) throw new Error(`the script did not finish (${JSON.stringify(status)}):\n${step.log()}`);
  const { got, may } = JSON.parse(report) as { got: Record<string, string | null>; may: Record<string, boolean> };

  expect(Object.fromEntries(Object.entries(got).filter(([, what]) => what !== null))).toEqual({});
  expect(Object.keys(got).length).toBeGreaterThan(150);
  expect(Object.entries(may).filter(([, may]) => !may)).toEqual([]);
  expect(status).toMatchObject({ exitCode: 0, signal: null });
  // Who the step is was said by the shim, and nothing that it claimed itself came through.
  expect(seen).toMatchObject({ authorization: "Bearer step_mine", host: `127.0.0.1:${trackingPort}` });
  expect(seen.cookie ?? seen["x-forwarded-for"]).toBeUndefined();
  // Outside, it was nobody.
  if (process.getuid?.() === 0) expect(statSync(join(step.dir, "tree", "written")).uid).toBeGreaterThanOrEqual(20_000);
  await other.send({ type: "kill" });
  expect(await other.end()).toMatchObject({ signal: "SIGKILL" });
});

test("a memory bomb ends as out of memory, and a fork bomb at its limit", async () => {
  const memory = await aStep("set -o pipefail; head -c 2G /dev/zero | tail | wc -c", { limits: { memoryBytes: 128 * 1024 ** 2 } });
  expect(await memory.end()).toMatchObject({ oomKilled: true });
  const forks = await aStep("for i in $(seq 200); do sleep 30 & done; wait; echo all", { limits: { memoryBytes: 1024 ** 3, processes: 60 } });
  await forks.until((log) => /Resource temporarily unavailable/.test(log));
  await forks.send({ type: "kill" });
  expect(await forks.end()).toMatchObject({ signal: "SIGKILL", oomKilled: false });
});
