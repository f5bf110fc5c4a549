import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aJob } from "@/server/domain/jobs/a-job";
import { readLog, sendInput } from "@/server/domain/jobs";
import { env } from "@/server/env";
import { aWorkspace } from "@/server/testing";
import { followStep } from "./follow-step";
import { reconcile } from "./reconcile";
import type { ShimStatus } from "./sandbox-types";

/* Against folders as a shim leaves them; the shim itself has tests of its own. */

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const own = readFileSync("/proc/self/stat", "utf8");
const alive = { pid: process.pid, startTicks: Number(own.slice(own.lastIndexOf(")") + 2).split(" ")[19]), bootId };
const dead = { ...alive, startTicks: 1 };
const never = new AbortController().signal;
const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

function aDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "fb-job-"));
  made.push(dir);
  return dir;
}
function says(dir: string, status: Partial<ShimStatus>) {
  const whole: ShimStatus = {
    version: 1, state: "running", ...alive, childPid: 1, trackingPort: null, exitCode: null, signal: null, oomKilled: false, bytes: 0, gaps: [], startedAtMs: Date.now(), endedAtMs: null, error: null, ...status,
  };
  writeFileSync(join(dir, "status.tmp"), JSON.stringify(whole));
  renameSync(join(dir, "status.tmp"), join(dir, "status.json"));
}
const stepOf = (jobId: string, jobDir: string, more = {}) => ({ jobId, jobDir, logBase: 0, logBytes: 0, startedAt: new Date(), timeoutSeconds: 60, graceSeconds: 3, ...more });
const system = (ctx: Ctx): Ctx => ({ ...ctx, actor: { kind: "system" } });

test("a log that grows while it is followed is stored whole, also over a change of runner in its middle", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx, { state: "running" });
  const dir = aDir();
  says(dir, {});
  const lines = Array.from({ length: 400 }, (_, i) => `line ${i}\r\n`);
  const detach = new AbortController();
  const first = followStep(system(ctx), stepOf(jobId, dir), { stop: never, detach: detach.signal });
  for (const [i, line] of lines.entries()) {
    appendFileSync(join(dir, "out.log"), line);
    if (i === 200) detach.abort();
    if (i % 40 === 0) await new Promise((done) => setTimeout(done, 20));
  }
  expect((await first).kind).toBe("detached");
  says(dir, { state: "exited", exitCode: 0, endedAtMs: Date.now(), bytes: lines.join("").length });
  const stored = Number((await ctx.db.job.findUniqueOrThrow({ where: { id: jobId } })).logBytes);
  const second = await followStep(system(ctx), stepOf(jobId, dir, { logBytes: stored }), { stop: never, detach: never });
  expect(second).toMatchObject({ kind: "exited", status: { exitCode: 0 } });
  expect((await readLog(ctx, { jobId, offset: 0 })).bytes.toString()).toBe(lines.join(""));
});

test("a shim that died without a word is noticed, with what it wrote", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx, { state: "running" });
  const dir = aDir();
  says(dir, dead);
  appendFileSync(join(dir, "out.log"), "last words");
  expect((await followStep(system(ctx), stepOf(jobId, dir), { stop: never, detach: never })).kind).toBe("gone");
  expect((await readLog(ctx, { jobId, offset: 0 })).bytes.toString()).toBe("last words");
});

test("a stop, the time limit and typed keys reach the shim", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx, { state: "running" });
  const dir = aDir();
  says(dir, {});
  const heard: { type: string; data?: string }[] = [];
  const server = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n")) if (line) heard.push(JSON.parse(line));
      if (heard.some((c) => c.type === "stop")) says(dir, { state: "exited", signal: "SIGTERM", endedAtMs: Date.now() });
    });
    socket.on("error", () => {});
  }).listen(join(dir, "ctl.sock"));
  try {
    const stop = new AbortController();
    const following = followStep(system(ctx), stepOf(jobId, dir), { stop: stop.signal, detach: never });
    await sendInput(ctx, { jobId, bytes: Buffer.from("y\n") });
    await expect.poll(() => heard.find((c) => c.type === "input")?.data, { timeout: 5_000 }).toBe(Buffer.from("y\n").toString("base64"));
    stop.abort();
    expect((await following).kind).toBe("exited");
    expect(heard.find((c) => c.type === "stop")).toMatchObject({ termAfterMs: 2_000, killAfterMs: 3_000 });

    heard.length = 0;
    says(dir, {});
    const late = stepOf(jobId, dir, { startedAt: new Date(Date.now() - 60_000), timeoutSeconds: 60 });
    expect((await followStep(system(ctx), late, { stop: never, detach: never })).kind).toBe("exited");
    expect(heard.some((c) => c.type === "stop")).toBe(true);
  } finally {
    server.close();
  }
});

test("after a runner's death a job is followed, queued again or lost by what its folder shows", async () => {
  const ctx = await aWorkspace();
  const dirOf = (id: string) => {
    const dir = join(env().dataDir, "jobs", id);
    mkdirSync(dir, { recursive: true });
    return dir;
  };
  const state = (id: string) => ctx.db.job.findUniqueOrThrow({ where: { id } });

  const spawned = await aJob(ctx, { state: "preparing", runnerId: "r", logBytes: 0n });
  says(dirOf(spawned.id), {});
  expect(await reconcile(system(ctx), spawned)).toBe("follow");
  expect(await state(spawned.id)).toMatchObject({ state: "running", shim: { pid: process.pid, logBase: 0 } });

  const preparing = await aJob(ctx, { state: "preparing", runnerId: "r" });
  await reconcile(system(ctx), preparing);
  expect(await state(preparing.id)).toMatchObject({ state: "queued", runnerId: null });

  const vanished = await aJob(ctx, { state: "running", runnerId: "r", shim: { ...dead, dir: "", logBase: 0 }, heartbeatAt: new Date() });
  await reconcile(system(ctx), vanished);
  const lost = await state(vanished.id);
  expect([lost.state, lost.reason]).toEqual(["lost", expect.stringMatching(/^runner went away before .*; last sign of life/)]);
}, 30_000);
