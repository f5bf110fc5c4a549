import { expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { aJob } from "./a-job";
import { appendLog } from "./append-log";
import { finishJob } from "./finish-job";
import { readLog, waitForLog } from "./read-log";

const system = (ctx: Ctx): Ctx => ({ ...ctx, actor: { kind: "system" } });
const bytes = (text: string) => Buffer.from(text);

test("bytes that are sent again, alone or with new ones, are stored once", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx);
  await appendLog(ctx, { jobId, offset: 0, bytes: bytes("hello ") });
  await appendLog(ctx, { jobId, offset: 0, bytes: bytes("hello ") });
  expect(await appendLog(ctx, { jobId, offset: 2, bytes: bytes("llo world") })).toBe(11);
  const log = await readLog(ctx, { jobId, offset: 0 });
  expect([log.bytes.toString(), log.endOffset, log.isComplete]).toEqual(["hello world", 11, false]);
  expect((await readLog(ctx, { jobId, offset: 3, maxBytes: 5 })).bytes.toString()).toBe("lo wo");
  expect((await readLog(ctx, { jobId, offset: 50 })).bytes.length).toBe(0);
});

test("a gap is refused, and so is a closed log", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx);
  await expect(appendLog(ctx, { jobId, offset: 5, bytes: bytes("x") })).rejects.toThrow(/gap/);
  await finishJob(system(ctx), { jobId, state: "finished", reason: "exit code 0" });
  await expect(appendLog(ctx, { jobId, offset: 0, bytes: bytes("x") })).rejects.toThrow(/closed/);
  expect((await readLog(ctx, { jobId, offset: 0 })).isComplete).toBe(true);
});

test("twenty writers of the same bytes leave them once, whole and in order", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx);
  const text = Buffer.alloc(700_000, "0123456789");
  await Promise.all(Array.from({ length: 20 }, () => appendLog(ctx, { jobId, offset: 0, bytes: text })));
  const read = await readLog(ctx, { jobId, offset: 0 });
  expect(read.bytes.equals(text)).toBe(true);
  expect(await ctx.db.logChunk.count({ where: { jobId } })).toBe(3);
});

test("a waiting reader is woken by the next bytes", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx);
  const waiting = waitForLog(ctx, { jobId, offset: 0, timeoutMs: 20_000 });
  const started = Date.now();
  await appendLog(ctx, { jobId, offset: 0, bytes: bytes("x") });
  await waiting;
  expect(Date.now() - started).toBeLessThan(1_500);
});
