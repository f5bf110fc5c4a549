import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeEach, expect, test } from "vitest";
import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { getStore } from "@/server/storage";
import { aPerson, as, aWorkspace } from "@/server/testing";
import { listArtifacts, openArtifact, putArtifact, putByProxyPath } from "../artifacts";
import { createExperiment, deleteExperiment, getExperiment, restoreExperiment } from "../experiments";
import { createLoggedModel, createModelVersion, createRegisteredModel, deleteLoggedModel, deleteModelVersion } from "../models";
import { createRun, deleteRun, getRun, logBatch, logInputs } from "../runs";
import { collectGarbage, gcState, parseOlderThan, startGc } from ".";

const day = 86_400_000;
let ctx: Ctx;
let experimentId: number;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  ctx = await aWorkspace({ now: () => new Date(nowMs) });
  ({ experimentId } = await createExperiment(ctx, { name: newId("exp") }));
});

const gc = (options: { isDryRun?: boolean; olderThanMs?: number; signal?: AbortSignal } = {}, who = ctx) => collectGarbage(who, { olderThanMs: 30 * day, isDryRun: false, ...options });
const put = (runId: string, path: string, content: string) => putArtifact(ctx, { runId, path, stream: Readable.from([content]) });
const text = (content: string) => Readable.from([content]);

async function aFullRun(): Promise<string> {
  const { id } = await createRun(ctx, { experimentId, tags: [{ key: "t", value: "v" }] });
  await logBatch(ctx, { runId: id, params: [{ key: "p", value: "1" }], metrics: [0, 1, 2].map((step) => ({ key: "m", value: step, step, timestampMs: step })) });
  await logInputs(ctx, { runId: id, datasets: [{ dataset: { name: "d", digest: "1", sourceType: "x", source: "y" }, tags: [] }] });
  await put(id, "a.txt", "12345");
  await put(id, "b/c.txt", "67");
  return id;
}

const rowsOf = async (table: string, where: string, value: unknown) => Number((await ctx.sql.query<{ n: bigint }>(`SELECT count(*) AS n FROM "${table}" WHERE ${where}`, [value])).rows[0]?.n);
const keys = async () => {
  const all: string[] = [];
  for await (const page of getStore().list({ except: ["_flowbook/"] })) all.push(...page.map((o) => o.key));
  return all;
};

test("a run goes when it has been deleted for long enough, with its rows and bytes, and others stay", async () => {
  const [gone, kept, fresh] = [await aFullRun(), await aFullRun(), await aFullRun()];
  const child = (await createRun(ctx, { experimentId, tags: [{ key: "mlflow.parentRunId", value: gone }] })).id;
  const { rows } = await ctx.sql.query<{ seq: number }>(`SELECT seq FROM "Run" WHERE id = $1`, [gone]);
  const seq = rows[0]?.seq;
  await deleteRun(ctx, { runId: gone });
  nowMs += 31 * day;
  await deleteRun(ctx, { runId: fresh });

  const planned = await gc({ isDryRun: true });
  expect(planned).toMatchObject({ runs: 1, experiments: 0, loggedModels: 0, files: { count: 2, sizeBytes: 7 } });
  expect((await getRun(ctx, { runId: gone })).id).toBe(gone);
  const before = (await keys()).length;
  const done = await gc();
  expect({ ...done, isDryRun: true }).toEqual(planned);

  await expect(getRun(ctx, { runId: gone })).rejects.toMatchObject({ kind: "not_found" });
  for (const table of ["Param", "Tag", "LatestMetric", "MetricSegment", "RunFragment"]) expect(await rowsOf(table, `"runSeq" = $1`, seq), table).toBe(0);
  expect(await rowsOf("Artifact", "root LIKE $1", `%${gone}%`)).toBe(0);
  expect((await keys()).length).toBe(before - 2);
  expect((await getRun(ctx, { runId: child })).parentRunId).toBeNull();
  for (const runId of [kept, fresh]) {
    expect(await getRun(ctx, { runId })).toMatchObject({ params: [{ key: "p", value: "1" }] });
    expect((await listArtifacts(ctx, { runId })).files.length).toBe(2);
  }
  expect(await gc()).toMatchObject({ runs: 0, files: { count: 0 } });
});

test("what a registered version or a running step needs is kept, and counted", async () => {
  const [versioned, running] = [await aFullRun(), await aFullRun()];
  const model = await createLoggedModel(ctx, { experimentId, name: "m" });
  await putByProxyPath(ctx, { proxyPath: `${experimentId}/models/${model.id}/artifacts/MLmodel`, stream: text("model") });
  const { name } = await createRegisteredModel(ctx, { name: newId("mdl") });
  await createModelVersion(ctx, { name, source: `runs:/${versioned}/b`, runId: versioned });
  await createModelVersion(ctx, { name, source: `models:/${model.id}`, modelId: model.id });
  const projectId = newId("prj");
  const other = await createExperiment(ctx, { name: newId("exp") });
  await ctx.db.project.create({ data: { id: projectId, workspaceId: ctx.workspaceId, name: projectId, experimentId: other.experimentId } });
  await ctx.db.job.create({
    data: { id: newId("job"), workspaceId: ctx.workspaceId, projectId, runId: running, entryPoint: "main", parameters: {}, commandTemplate: "x", command: "x", commit: "c", treeHash: "t", limits: {}, state: "running" },
  });
  await deleteLoggedModel(ctx, { modelId: model.id });
  for (const id of [experimentId, other.experimentId]) await deleteExperiment(ctx, { experimentId: id });
  nowMs += 31 * day;
  expect(await gc()).toMatchObject({ runs: 0, loggedModels: 0, experiments: 0, files: { count: 0 }, kept: { runs: 2, loggedModels: 1, experiments: 2 } });
  expect((await openArtifact(ctx, { runId: versioned, path: "a.txt" })).sizeBytes).toBe(5);

  for (const version of [1, 2]) await deleteModelVersion(ctx, { name, version });
  await ctx.sql.query(`UPDATE "Job" SET state = 'finished' WHERE "runId" = $1`, [running]);
  expect(await gc()).toMatchObject({ runs: 2, loggedModels: 1, experiments: 1, files: { count: 5 }, kept: { runs: 0, loggedModels: 0, experiments: 1 } });
  expect(await rowsOf("Job", `"runId" = $1`, running)).toBe(0);
});

test("a deleted experiment takes everything along, and its name is free again", async () => {
  const runId = await aFullRun();
  const model = await createLoggedModel(ctx, { experimentId, name: "m", sourceRunId: runId });
  await putByProxyPath(ctx, { proxyPath: `${experimentId}/models/${model.id}/artifacts/MLmodel`, stream: text("model") });
  const { name } = await getExperiment(ctx, { experimentId });
  await deleteExperiment(ctx, { experimentId });
  await restoreExperiment(ctx, { experimentId });
  await deleteExperiment(ctx, { experimentId });
  expect(await gc()).toMatchObject({ runs: 0, experiments: 0 });
  nowMs += 31 * day;
  const planned = await gc({ isDryRun: true });
  expect(planned).toMatchObject({ runs: 1, experiments: 1, loggedModels: 1, files: { count: 3, sizeBytes: 12 } });
  expect({ ...(await gc()), isDryRun: true }).toEqual(planned);
  await expect(getExperiment(ctx, { experimentId })).rejects.toMatchObject({ kind: "not_found" });
  for (const table of ["Dataset", "LoggedModel", "ExperimentTag"]) expect(await rowsOf(table, `"experimentId" = $1`, experimentId), table).toBe(0);
  await createExperiment(ctx, { name });
});

test("a stray file goes when it is a day old; what is no upload of ours never does", async () => {
  const { id } = await createRun(ctx, { experimentId });
  await put(id, "x", "here");
  const root = `${experimentId}/${id}/artifacts`;
  const [old, young, foreign] = [`${root}/${"a".repeat(24)}`, `${root}/${"b".repeat(24)}`, `${root}/report.csv`];
  for (const key of [old, young, foreign, "_flowbook/artifacts/0123456789abcdef01234567"]) await getStore().put(key, text("stray"));
  const place = env().artifacts;
  if (place.kind !== "disk") throw new Error("the test looks at a disk");
  const twoDaysAgo = new Date(nowMs - 2 * day);
  for (const key of [...(await keys()).filter((k) => k !== young), "_flowbook/artifacts/0123456789abcdef01234567"]) await utimes(join(place.dir, key), twoDaysAgo, twoDaysAgo);
  const left = join(place.dir, ".staging", "left");
  await getStore().put(`${root}/${"c".repeat(24)}`, text("x")).then(() => getStore().remove([`${root}/${"c".repeat(24)}`]));
  await import("node:fs/promises").then(async (fs) => {
    await fs.writeFile(left, "half");
    await utimes(left, twoDaysAgo, twoDaysAgo);
  });

  expect(await gc({ isDryRun: true })).toMatchObject({ strayFiles: { count: 1, sizeBytes: 5 }, unfinished: { count: 1, sizeBytes: 4 } });
  expect(await getStore().exists(old)).toBe(true);
  expect(await gc()).toMatchObject({ strayFiles: { count: 1, sizeBytes: 5 }, unfinished: { count: 1, sizeBytes: 4 } });
  expect(await Promise.all([old, young, foreign, "_flowbook/artifacts/0123456789abcdef01234567"].map((k) => getStore().exists(k)))).toEqual([false, true, true, true]);
  expect(await readdir(join(place.dir, ".staging"))).toEqual([]);
  expect((await openArtifact(ctx, { runId: id, path: "x" })).bytes?.toString()).toBe("here");
});

test("it is for owners, of their own workspace, one at a time, and stops between batches", async () => {
  const runId = await aFullRun();
  await deleteRun(ctx, { runId });
  nowMs += 31 * day;
  for (const who of [await aPerson(ctx, "editor"), as(ctx, { kind: "share", shareId: "s", targetType: "run", targetId: runId }), as(ctx, { kind: "step", jobId: "j", runId, experimentId, projectId: "p", rootJobId: "j" })]) {
    for (const isDryRun of [true, false]) await expect(gc({ isDryRun }, who)).rejects.toMatchObject({ kind: "forbidden" });
    await expect(gcState(who)).rejects.toMatchObject({ kind: "forbidden" });
  }
  const elsewhere = await aWorkspace({ now: () => new Date(nowMs) });
  expect(await gc({}, elsewhere)).toMatchObject({ runs: 0 });

  const client = await ctx.sql.connect();
  await client.query("SELECT pg_advisory_lock($1)", [0x466c_6f77]);
  await expect(gc()).rejects.toMatchObject({ kind: "conflict" });
  await client.query("SELECT pg_advisory_unlock($1)", [0x466c_6f77]);
  client.release();

  const stopped = new AbortController();
  stopped.abort();
  await aFullRun().then((id) => deleteRun(ctx, { runId: id }));
  expect(await gc({ signal: stopped.signal })).toMatchObject({ runs: 1, experiments: 0 });
  expect(await gc({}, as(ctx, { kind: "system" }))).toMatchObject({ runs: 0 });

  const state = await startGc(ctx, { olderThanMs: 0 });
  await expect.poll(() => state.isRunning).toBe(false);
  expect(state).toMatchObject({ failure: null, report: { runs: 1 } });
});

test("runs that are deleted and gone while others log leave these whole", async () => {
  const doomed = await Promise.all(Array.from({ length: 130 }, () => createRun(ctx, { experimentId })));
  const busy = await createRun(ctx, { experimentId });
  for (const { id } of doomed) await deleteRun(ctx, { runId: id });
  nowMs += 31 * day;
  const logging = (async () => {
    for (let step = 0; step < 60; step++) {
      await logBatch(ctx, { runId: busy.id, metrics: [{ key: "m", value: step, step, timestampMs: step }] });
      await put(busy.id, `f${step}`, "x");
    }
  })();
  const [report] = await Promise.all([gc(), logging]);
  expect(report.runs).toBe(130);
  expect((await listArtifacts(ctx, { runId: busy.id })).files.length).toBe(60);
});

test.each([["30d", 30 * day], ["2d8h5m20s", 2 * day + 8 * 3_600_000 + 5 * 60_000 + 20_000], ["1.5h", 5_400_000], ["0d", 0]])("%s is a length of time", (words, ms) => {
  expect(parseOlderThan(words)).toBe(ms);
});
test.each(["", "30", "d", "1w", "-1d", "1.2.3d"])("'%s' is none", (words) => {
  expect(() => parseOlderThan(words)).toThrow("no length of time");
});
