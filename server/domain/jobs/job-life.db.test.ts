import { expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aPerson, as, aWorkspace } from "@/server/testing";
import { newRunId } from "@/common/ids";
import { createRun, getRun } from "../runs";
import { aJob } from "./a-job";
import { cancelJob, stopTree } from "./cancel-job";
import { claimJob, countBusySlots } from "./claim-job";
import { endStrays } from "./end-strays";
import { finishJob } from "./finish-job";
import { getJob } from "./get-job";
import { listJobs } from "./list-jobs";
import { sendInput, takeInputs } from "./send-input";
import { setJobState } from "./set-job-state";
import { actorOfStepToken, stepTokenFor } from "./step-token";

const system = (ctx: Ctx): Ctx => ({ ...ctx, actor: { kind: "system" } });
const runnerId = "rnr_test";

test("each queued job is claimed by one runner only, nested ones first", async () => {
  const ctx = await aWorkspace();
  const parent = await aJob(ctx, { state: "running", runnerId });
  const jobs = [await aJob(ctx), await aJob(ctx), await aJob(ctx)];
  const nested = await aJob(ctx, { parentJobId: parent.id, rootJobId: parent.id });
  expect((await claimJob(system(ctx), { runnerId }))?.id).toBe(nested.id);
  const claimed = await Promise.all(Array.from({ length: 8 }, (_, i) => claimJob(system(ctx), { runnerId: `rnr_${i}` })));
  expect(claimed.flatMap((j) => (j ? [j.id] : [])).sort()).toEqual(jobs.map((j) => j.id).sort());
});

test("a step that waits for a nested launch holds no slot, and says for which run it waits", async () => {
  const ctx = await aWorkspace();
  const parent = await aJob(ctx, { state: "running", runnerId: "rnr_slots" });
  expect(await countBusySlots(ctx, { runnerId: "rnr_slots" })).toBe(1);
  const child = await aJob(ctx, { parentJobId: parent.id, rootJobId: parent.id });
  expect(await countBusySlots(ctx, { runnerId: "rnr_slots" })).toBe(0);
  expect(await getJob(ctx, { jobId: parent.id })).toMatchObject({ waitingForRunId: child.runId });
  await finishJob(system(ctx), { jobId: child.id, state: "finished", reason: "exit code 0" });
  expect(await countBusySlots(ctx, { runnerId: "rnr_slots" })).toBe(1);
});

test("a run follows its job, and an end is written once", async () => {
  const ctx = await aWorkspace();
  const { id: jobId, runId } = await aJob(ctx, { state: "preparing", runnerId });
  await setJobState(system(ctx), { jobId, state: "running", startedAt: new Date() });
  expect((await getRun(ctx, { runId })).status).toBe("RUNNING");
  await finishJob(system(ctx), { jobId, state: "failed", reason: "exit code 3 after 1.0 s", exitCode: 3 });
  await finishJob(system(ctx), { jobId, state: "finished", reason: "late" });
  expect(await getJob(ctx, { jobId })).toMatchObject({ state: "failed", reason: "exit code 3 after 1.0 s", exitCode: 3 });
  expect((await getRun(ctx, { runId })).status).toBe("FAILED");
});

test("stopping a parent ends queued children at once and asks the running ones", async () => {
  const ctx = await aPerson(await aWorkspace(), "editor");
  const parent = await aJob(ctx, { state: "running", runnerId });
  const below = { parentJobId: parent.id, rootJobId: parent.id };
  const running = await aJob(ctx, { ...below, state: "running", runnerId });
  const queued = await aJob(ctx, below);
  const stopped = await cancelJob(ctx, { jobId: parent.id });
  expect(stopped.state).toBe("stopping");
  expect(await getJob(ctx, { jobId: running.id })).toMatchObject({ state: "stopping" });
  expect(await getJob(ctx, { jobId: queued.id })).toMatchObject({ state: "stopped", reason: "its parent was stopped by A editor before it started" });
  expect((await getRun(ctx, { runId: queued.runId })).status).toBe("KILLED");
  // The first who asked is named, and a second stop is no error.
  await stopTree(system(ctx), { jobId: parent.id, by: "the server was stopped" });
  expect((await ctx.db.job.findUniqueOrThrow({ where: { id: parent.id } })).stopAskedBy).toBe("by A editor");
});

test("a viewer may look, and neither stop nor type", async () => {
  const owner = await aWorkspace();
  const viewer = await aPerson(owner, "viewer");
  const { id: jobId } = await aJob(owner, { state: "running", runnerId });
  expect((await getJob(viewer, { jobId })).state).toBe("running");
  await expect(cancelJob(viewer, { jobId })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(sendInput(viewer, { jobId, bytes: Buffer.from("x") })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(getJob(await aWorkspace(), { jobId })).rejects.toMatchObject({ kind: "not_found" });
});

test("input reaches a running step in order, once; an ended one refuses it", async () => {
  const ctx = await aWorkspace();
  const { id: jobId } = await aJob(ctx, { state: "running", runnerId });
  for (const key of ["a", "b", "c"]) await sendInput(ctx, { jobId, bytes: Buffer.from(key) });
  const taken = await takeInputs(system(ctx), { jobId });
  expect(taken.map((i) => (i.kind === "input" ? Buffer.from(i.bytes).toString() : "")).join("")).toBe("abc");
  expect(await takeInputs(system(ctx), { jobId })).toEqual([]);
  await finishJob(system(ctx), { jobId, state: "finished", reason: "exit code 0" });
  await expect(sendInput(ctx, { jobId, bytes: Buffer.from("d") })).rejects.toMatchObject({ kind: "conflict" });
});

test("a step's token speaks for its job until that ends, and no other", async () => {
  const ctx = await aWorkspace();
  const job = await aJob(ctx, { state: "running", runnerId });
  const token = stepTokenFor(job.id);
  const known = await actorOfStepToken(ctx, token);
  expect(known).toMatchObject({ workspaceId: ctx.workspaceId, actor: { kind: "step", jobId: job.id, runId: job.runId } });
  expect(await actorOfStepToken(ctx, token.replace(/.$/, (c) => (c === "0" ? "1" : "0")))).toBeNull();
  const other = await aJob(ctx, { state: "finished" });
  expect(await actorOfStepToken(ctx, stepTokenFor(other.id))).toBeNull();
  if (!known) return;
  // A step stops what it launched, never itself or others.
  const step = as(ctx, known.actor);
  await expect(cancelJob(step, { jobId: job.id })).rejects.toMatchObject({ kind: "forbidden" });
  // Another project's launches are not there for it.
  await expect(cancelJob(step, { jobId: other.id })).rejects.toMatchObject({ kind: "not_found" });
  await expect(getJob(step, { jobId: other.id })).rejects.toMatchObject({ kind: "not_found" });
  expect((await listJobs(step, {})).jobs.map((j) => j.id)).toEqual([job.id]);
});

test("lists are paged by key without a gap", async () => {
  const ctx = await aWorkspace();
  for (let i = 0; i < 5; i++) await aJob(ctx);
  const first = await listJobs(ctx, { limit: 3 });
  const second = await listJobs(ctx, { limit: 3, pageToken: first.nextPageToken ?? "" });
  expect([...first.jobs, ...second.jobs].length).toBe(5);
  expect(second.nextPageToken).toBeUndefined();
});

test("a runner that has gone for good loses its jobs, and a run without a job is ended; a silent minute does neither", async () => {
  const ctx = await aWorkspace();
  const job = await aJob(ctx, { state: "running", runnerId: "rnr_gone", heartbeatAt: new Date() });
  const { experimentId } = await getRun(ctx, { runId: job.runId });
  const runId = newRunId();
  await createRun(ctx, { experimentId, runId, status: "SCHEDULED", tags: [{ key: "mlflow.source.type", value: "PROJECT" }] });
  const later = (minutes: number): Ctx => ({ ...system(ctx), now: () => new Date(Date.now() + minutes * 60_000) });

  await endStrays(later(1), { runnerId });
  expect([(await getJob(ctx, { jobId: job.id })).state, (await getRun(ctx, { runId })).status]).toEqual(["running", "SCHEDULED"]);
  await endStrays(later(11), { runnerId });
  expect(await getJob(ctx, { jobId: job.id })).toMatchObject({ state: "lost", reason: expect.stringMatching(/^runner went away; last sign of life/) });
  expect((await getRun(ctx, { runId })).status).toBe("FAILED");
});
