// For `--profile <folder>`: a processor profile of Flowbook's web process for each row, and its hottest functions in words.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import WebSocket from "ws";
import { pause } from "./servers.mjs";

async function inspector(server) {
  const port = server.port + 1;
  for (let n = 0; n < 200; n++) {
    if (n % 50 === 0) process.kill(server.webPid, "SIGUSR1");
    const list = await fetch(`http://127.0.0.1:${port}/json/list`).then((r) => r.json(), () => undefined);
    if (list?.[0]) return list[0].webSocketDebuggerUrl;
    await pause(100);
  }
  throw new Error("Flowbook's web process opened no inspector.");
}

export async function profiled(server, id, folder, work) {
  const socket = new WebSocket(await inspector(server), { maxPayload: 2 ** 30 });
  await new Promise((done, fail) => socket.once("open", done).once("error", fail));
  const waiting = new Map();
  socket.on("message", (text) => {
    const m = JSON.parse(text.toString());
    waiting.get(m.id)?.(m.result);
  });
  let serial = 0;
  const call = (method, params = {}) => new Promise((done) => {
    waiting.set(++serial, done);
    socket.send(JSON.stringify({ id: serial, method, params }));
  });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: 200 });
  await call("Profiler.start");
  try {
    return await work();
  } finally {
    const { profile } = await call("Profiler.stop");
    socket.close();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${id}.cpuprofile`), JSON.stringify(profile));
    writeFileSync(join(folder, `${id}.txt`), `${hottest(profile)}\n`);
  }
}

/** Functions by their own time, as shares of the time that was not idle. */
export function hottest(profile, count = 40) {
  const nodes = new Map(profile.nodes.map((n) => [n.id, n]));
  const self = new Map();
  let total = 0;
  for (const [i, id] of profile.samples.entries()) {
    const { callFrame: f } = nodes.get(id);
    if (f.functionName === "(idle)") continue;
    const ms = profile.timeDeltas[i] / 1000;
    const name = `${f.functionName || "(anonymous)"} ${f.url.replace(/^.*\/(node_modules|dist)\//, "")}:${f.lineNumber + 1}`;
    self.set(name, (self.get(name) ?? 0) + ms);
    total += ms;
  }
  const lines = [...self].sort((a, b) => b[1] - a[1]).slice(0, count).map(([name, ms]) => `${((ms / total) * 100).toFixed(1).padStart(5)} %  ${ms.toFixed(0).padStart(6)} ms  ${name}`);
  return [`busy ${total.toFixed(0)} ms`, ...lines].join("\n");
}
