import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { newId, newRunId } from "@/common/ids";
import { LiveClient } from "@/components/live-client";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { appendLog, finishJob } from "@/server/domain/jobs";
import { createShare, openShare, revokeShare } from "@/server/domain/shares";
import { aWorkspace } from "@/server/testing";
import { handleLiveSocket } from "./live-socket";

/* The page's own client against the real door and a real database, over real sockets. */

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
const waiting = { timeout: 15_000, interval: 10 };

async function aDoor(ctx: Ctx) {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on("connection", (ws, req) => handleLiveSocket(ws, req, ctx));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const cut = () => {
    for (const ws of sockets.clients) ws.terminate();
  };
  ends.push(cut, () => sockets.close(), () => http.close());
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, cut, count: () => sockets.clients.size };
}

// ws follows the browser's interface in all that the client uses.
const aClient = (url: string) => new LiveClient({ url: () => url, makeSocket: (u) => new WebSocket(u) as unknown as globalThis.WebSocket });

async function aRunningJob(ctx: Ctx, parentRunId?: string) {
  const experiment = await ctx.db.experiment.create({ data: { workspaceId: ctx.workspaceId, name: newId("exp"), artifactLocation: "", creationTimeMs: 0n, lastUpdateTimeMs: 0n } });
  const project = await ctx.db.project.create({ data: { id: newId("prj"), workspaceId: ctx.workspaceId, name: newId("p"), experimentId: experiment.id } });
  const run = await ctx.db.run.create({ data: { id: newRunId(), experimentId: experiment.id, name: "r", startTimeMs: 0n, artifactUri: "", ...(parentRunId ? { parentRunId } : {}) } });
  const job = await ctx.db.job.create({
    data: { id: newId("job"), workspaceId: ctx.workspaceId, projectId: project.id, runId: run.id, entryPoint: "main", parameters: {}, commandTemplate: "", command: "", commit: "", treeHash: "", limits: {}, state: "running" },
  });
  return { jobId: job.id, runId: run.id, projectId: project.id };
}

test("a log is followed to its end without a gap or a byte twice, over cut connections and a slow reader", async () => {
  const ctx = await aWorkspace();
  const system: Ctx = { ...ctx, actor: { kind: "system" } };
  const { jobId } = await aRunningJob(ctx);
  const whole = Buffer.alloc(3_000_000, "the quick brown fox 0123456789\r\n");
  for (let i = 0; i < whole.length; i += 1000) whole.writeUInt32BE(i, i);
  const door = await aDoor(ctx);
  const client = aClient(door.url);
  const got: Buffer[] = [];
  const ended = new Promise<void>((done, fail) => {
    client.followLog(jobId, 0, {
      write: async (bytes) => {
        got.push(Buffer.from(bytes));
        await new Promise((drawn) => setTimeout(drawn, 2));
      },
      onEnd: done,
      onRefused: (message) => fail(new Error(message)),
    });
  });
  for (let at = 0; at < whole.length; at += 150_000) {
    await appendLog(system, { jobId, offset: at, bytes: whole.subarray(at, at + 150_000) });
    if (at === 600_000 || at === 1_800_000) door.cut();
  }
  await finishJob(system, { jobId, state: "finished", reason: "exit code 0" });
  await ended;
  expect(Buffer.concat(got).equals(whole)).toBe(true);
});

test("a change is told to who watches it, and again after a reconnect, when it may have been missed", async () => {
  const ctx = await aWorkspace();
  const { runId } = await aRunningJob(ctx);
  const door = await aDoor(ctx);
  const client = aClient(door.url);
  const seen = vi.fn();
  ends.push(client.watch(`run:${runId}`, seen));
  await vi.waitFor(() => {
    announce(ctx, `run:${runId}`);
    expect(seen).toHaveBeenCalled();
  }, waiting);
  const before = seen.mock.calls.length;
  door.cut();
  await vi.waitFor(() => expect(seen.mock.calls.length).toBeGreaterThan(before), waiting);
});

test("a share link hears of its run and what hangs below it, nothing else, and is let go when it is revoked", async () => {
  const ctx = await aWorkspace();
  const shared = await aRunningJob(ctx);
  const child = await aRunningJob(ctx, shared.runId);
  const other = await aRunningJob(ctx);
  const link = await createShare(ctx, { targetType: "run", targetId: shared.runId });
  const door = await aDoor(await openShare({ token: link.token }));

  const ws = new WebSocket(door.url);
  await once(ws, "open");
  const refused = new Set<string>();
  const changed = new Set<string>();
  ws.on("message", (data) => {
    const message = JSON.parse(String(data)) as { type: string; topic?: string; jobId?: string };
    if (message.type === "refused") refused.add(message.topic ?? message.jobId ?? "");
    if (message.type === "changed") changed.add(message.topic ?? "");
  });
  const mine = [`run:${shared.runId}`, `run:${child.runId}`, `run-tree:${shared.runId}`, `job:${child.jobId}`, `job-log:${shared.jobId}`];
  const foreign = [`run:${other.runId}`, `job:${other.jobId}`, `project:${shared.projectId}`, `files:${shared.projectId}`, `workspace:${ctx.workspaceId}`, "jobs", `share:${link.id}`, "access:usr_x", "run:", "experiment:1"];
  ws.send(JSON.stringify({ type: "watch", topics: [...mine, ...foreign] }));
  ws.send(JSON.stringify({ type: "log", stream: 1, jobId: other.jobId, offset: 0 }));
  ws.send(JSON.stringify({ type: "input", jobId: shared.jobId, data: "x" }));
  await vi.waitFor(() => expect([...refused].sort()).toEqual([...foreign, other.jobId, shared.jobId].sort()), waiting);
  announce(ctx, ...mine, ...foreign.filter((t) => !t.startsWith("share:")));
  await vi.waitFor(() => expect([...changed].sort()).toEqual([...mine].sort()), waiting);

  await revokeShare(ctx, { shareId: link.id });
  const [code] = await once(ws, "close");
  expect(code).toBe(4401);
});
