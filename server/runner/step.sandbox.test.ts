import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type OpenGate, startProxy } from "./proxy";
import { aStep, type TestStep, waitFor, withTools } from "./testing/run-step";

const port = 42_221;
const tracking = { host: "127.0.0.1", port, token: "step_mine" };
let proxy: OpenGate;
const steps: TestStep[] = [];

beforeAll(async () => {
  await withTools();
  proxy = await startProxy();
}, 300_000);
afterAll(() => proxy.close());
afterEach(async () => {
  for (const step of steps.splice(0)) await step.send({ type: "kill" }).catch(() => {});
});

async function run(command: string, more: Parameters<typeof aStep>[1] = {}): Promise<TestStep> {
  const step = await aStep(command, { tracking, ...more });
  steps.push(step);
  return step;
}

test("the log holds the bytes of the terminal and the status the exit code", async () => {
  const step = await run("printf 'a\\033[31mb\\rc\\377\\n'; echo err >&2; exit 7");
  expect(await step.end()).toMatchObject({ exitCode: 7, signal: null, oomKilled: false, gaps: [], error: null });
  expect(readFileSync(`${step.dir}/out.log`)).toEqual(Buffer.from("a\x1b[31mb\rc\xff\r\nerr\r\n", "latin1"));
});

test("a long output arrives whole, the end of it too", async () => {
  const step = await run("stty -opost; seq 1 1000000; echo end");
  const status = await step.end();
  const wanted = `${Array.from({ length: 1_000_000 }, (_, i) => i + 1).join("\n")}\nend\n`;
  expect(status.bytes).toBe(wanted.length);
  expect(createHash("sha256").update(readFileSync(`${step.dir}/out.log`)).digest("hex")).toBe(createHash("sha256").update(wanted).digest("hex"));
});

test("what the limit cuts out of a flood is named, and its end is kept", async () => {
  const step = await run("stty -opost; seq 1 1000000; echo the-end", { limits: { memoryBytes: 1024 ** 3, logBytes: 1_000_000 } });
  const status = await step.end();
  expect(status.gaps).toEqual([{ offset: expect.any(Number), bytes: expect.any(Number), reason: "log limit" }]);
  expect(step.log()).toMatch(/bytes of output are missing here: the log's limit was reached/);
  expect(step.log()).toMatch(/the-end\n$/);
  expect(status.bytes).toBeLessThan(1_100_000);
});

test("keys and sizes reach the command; Ctrl-C interrupts it and not the sandbox", async () => {
  const step = await run("trap 'stty size; echo tidy; exit 5' INT; read line; echo got $line; while :; do sleep 0.05; done");
  await step.send({ type: "input", data: Buffer.from("hello\r").toString("base64") });
  await step.until((log) => log.includes("got hello"));
  await step.send({ type: "resize", cols: 99, rows: 33 });
  await step.send({ type: "input", data: Buffer.from("\x03").toString("base64") });
  expect(await step.end()).toMatchObject({ exitCode: 5, signal: null });
  expect(step.log()).toMatch(/33 99\r\ntidy/);
});

test("stop interrupts, then terminates, then kills, and leaves nothing", async () => {
  const polite = await run("trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done");
  await polite.until((log) => log.includes("ready"));
  await polite.send({ type: "stop", termAfterMs: 20_000, killAfterMs: 30_000 });
  expect(await polite.end()).toMatchObject({ exitCode: 3 });

  const marker = `31.${process.pid}`;
  const stubborn = await run(`trap 'echo int' INT; trap 'echo term' TERM; trap '' HUP; (setsid sleep ${marker} &) ; echo ready; while :; do sleep 0.05; done`);
  await stubborn.until((log) => log.includes("ready"));
  const isLeft = () => readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`sleep\0${marker}`));
  await waitFor(async () => isLeft());
  const from = Date.now();
  await stubborn.send({ type: "stop", termAfterMs: 300, killAfterMs: 600 });
  expect(await stubborn.end()).toMatchObject({ exitCode: null, signal: "SIGKILL", oomKilled: false });
  expect(Date.now() - from).toBeLessThan(5_000);
  expect(stubborn.log()).toMatch(/int\r\n[\s\S]*term\r\n/);
  await waitFor(async () => !isLeft(), 2_000);
});

test("a killed shim takes the whole step along", async () => {
  const marker = `32.${process.pid}`;
  const step = await run(`(setsid sleep ${marker} &); sleep 60`);
  const isLeft = () => readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`sleep\0${marker}`));
  await waitFor(async () => isLeft());
  process.kill(step.pid, "SIGKILL");
  await waitFor(async () => !isLeft(), 3_000);
});

test("while the tracking server is away a step gets 503, then its whole upload goes through", async () => {
  const send = "curl -s -o /tmp/answer -w '%{http_code}\\n' -X PUT -T - http://127.0.0.1:42221/upload -H 'Transfer-Encoding: chunked'";
  const step = await run(`head -c 3 /dev/zero | ${send}; read go; head -c 20000000 /dev/zero | ${send}; cat /tmp/answer; echo`);
  await step.until((log) => log.includes("503"));
  let server: Server | undefined;
  const answer = async (from: IncomingMessage, to: ServerResponse) => {
    let bytes = 0;
    for await (const chunk of from) bytes += (chunk as Buffer).length;
    to.end(`${bytes} ${from.headers.authorization}`);
  };
  await new Promise<void>((done) => {
    server = createServer((from, to) => void answer(from, to)).listen(port, "127.0.0.1", done);
  });
  await step.send({ type: "input", data: Buffer.from("\r").toString("base64") });
  expect(await step.end()).toMatchObject({ exitCode: 0 });
  expect(step.log()).toContain("20000000 Bearer step_mine");
  server?.closeAllConnections();
  server?.close();
});

test("what cannot be run is said in the log, with the shell's code", async () => {
  const step = await run("no-such-program-here");
  expect(await step.end()).toMatchObject({ exitCode: 127 });
  expect(step.log()).toMatch(/no-such-program-here: command not found/);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
