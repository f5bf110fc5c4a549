import { Readable } from "node:stream";
import { beforeAll, expect, test } from "vitest";
import { newId } from "@/common/ids";
import type { Actor, Ctx } from "@/server/ctx";
import { aPerson, as, aWorkspace } from "@/server/testing";
import { deleteByProxyPath, listByProxyPath, openByProxyPath, putByProxyPath } from "../artifacts";
import { createExperiment, deleteExperiment, getExperiment, setExperimentTag } from "../experiments";
import { createRun, endRunOfJob, getRun, listRunChildren, logBatch, searchRuns, setRunStatusOfJob, setRunTag, updateRun } from "../runs";
import { createLoggedModel, createModelVersion, createRegisteredModel, finalizeLoggedModel, getLoggedModel, setLoggedModelTags } from ".";

let ctx: Ctx;
let experimentId: number;
let own: string;
let child: string;
let stranger: string;
let step: Ctx;

const share = (targetType: "run" | "experiment", targetId: string): Actor => ({ kind: "share", shareId: "shr_x", targetType, targetId });
const metrics = [{ key: "m", value: 1, step: 0, timestampMs: 0 }];
const refused = (promise: Promise<unknown>) => expect(promise).rejects.toMatchObject({ kind: "forbidden" });
const hidden = (promise: Promise<unknown>) => expect(promise).rejects.toMatchObject({ kind: "not_found" });

async function aJob(runId: string, state = "running") {
  const projectId = newId("prj");
  await ctx.db.project.create({ data: { id: projectId, workspaceId: ctx.workspaceId, name: projectId, experimentId } });
  const id = newId("job");
  await ctx.db.job.create({
    data: { id, workspaceId: ctx.workspaceId, projectId, runId, entryPoint: "main", parameters: {}, commandTemplate: "x", command: "x", commit: "c", treeHash: "t", limits: {}, state },
  });
  return id;
}

beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
  own = (await createRun(ctx, { experimentId })).id;
  child = (await createRun(ctx, { experimentId, tags: [{ key: "mlflow.parentRunId", value: own }] })).id;
  stranger = (await createRun(ctx, { experimentId })).id;
  step = as(ctx, { kind: "step", jobId: "job_x", runId: own, experimentId, projectId: "prj_x", rootJobId: "job_x" });
});

test("a step writes its own run and those below, and reads others", async () => {
  await logBatch(step, { runId: own, metrics });
  await logBatch(step, { runId: child, metrics });
  expect((await getRun(step, { runId: stranger })).id).toBe(stranger);
  await refused(logBatch(step, { runId: stranger, metrics }));
  await refused(updateRun(step, { runId: stranger, status: "FAILED" }));
  await refused(setRunTag(step, { runId: own, key: "mlflow.parentRunId", value: stranger }));
  await refused(setRunTag(step, { runId: child, key: "mlflow.parentRunId", value: stranger }));
  await refused(deleteExperiment(step, { experimentId }));
  await refused(setExperimentTag(step, { experimentId, key: "k", value: "v" }));
});

test("a run that a step makes is below its own, in its own experiment", async () => {
  expect((await createRun(step, { experimentId })).parentRunId).toBe(own);
  await refused(createRun(step, { experimentId, tags: [{ key: "mlflow.parentRunId", value: stranger }] }));
  const { experimentId: other } = await createExperiment(ctx, { name: "other" });
  await refused(createRun(step, { experimentId: other }));
});

test("a step stores artifacts below its own runs and models only", async () => {
  const put = (who: Ctx, path: string) => putByProxyPath(who, { proxyPath: path, stream: Readable.from(["x"]) });
  await put(ctx, `${experimentId}/${stranger}/artifacts/a.txt`);
  await put(step, `${experimentId}/${child}/artifacts/a.txt`);
  await refused(put(step, `${experimentId}/${stranger}/artifacts/a.txt`));
  await refused(deleteByProxyPath(step, { proxyPath: `${experimentId}/${stranger}/artifacts` }));
  expect(await listByProxyPath(step, { proxyPath: `${experimentId}/${stranger}/artifacts` })).toHaveLength(1);

  const model = await createLoggedModel(step, { experimentId, name: "m" });
  expect(model.sourceRunId).toBe(own);
  await put(step, `${experimentId}/models/${model.id}/artifacts/MLmodel`);
  const foreign = await createLoggedModel(ctx, { experimentId, name: "m", sourceRunId: stranger });
  await refused(put(step, `${experimentId}/models/${foreign.id}/artifacts/MLmodel`));
  await refused(finalizeLoggedModel(step, { modelId: foreign.id, status: "LOGGED_MODEL_READY" }));
  await refused(createLoggedModel(step, { experimentId, name: "m", sourceRunId: stranger }));
});

test("a step annotates its pipeline's models, and registers any", async () => {
  const root = (await createRun(ctx, { experimentId })).id;
  const job = await aJob(root);
  const stepRun = async () => {
    const runId = (await createRun(ctx, { experimentId, tags: [{ key: "mlflow.parentRunId", value: root }] })).id;
    return as(ctx, { kind: "step", jobId: "job_y", runId, experimentId, projectId: "prj_x", rootJobId: job });
  };
  const train = await stepRun();
  const evaluate = await stepRun();
  const model = await createLoggedModel(train, { experimentId, name: "m" });
  const evaluateRun = evaluate.actor.kind === "step" ? evaluate.actor.runId : "";
  const logTo = (who: Ctx, runId: string) => logBatch(who, { runId, metrics: [{ key: "auc", value: 1, step: 0, timestampMs: 0, modelId: model.id }] });
  await logTo(step, own);
  expect((await getLoggedModel(ctx, { modelId: model.id })).metrics).toEqual([]);
  await logTo(evaluate, evaluateRun);
  expect((await getLoggedModel(ctx, { modelId: model.id })).metrics).toHaveLength(1);
  await setLoggedModelTags(evaluate, { modelId: model.id, tags: [{ key: "k", value: "v" }] });
  await refused(setLoggedModelTags(step, { modelId: model.id, tags: [{ key: "k", value: "v" }] }));
  await refused(finalizeLoggedModel(evaluate, { modelId: model.id, status: "LOGGED_MODEL_READY" }));
  await createRegisteredModel(step, { name: "of a step" });
  await createModelVersion(step, { name: "of a step", source: `models:/${model.id}`, modelId: model.id });
  await setLoggedModelTags(step, { modelId: model.id, tags: [{ key: "mlflow.modelVersions", value: "forged" }] });
  expect((await getLoggedModel(ctx, { modelId: model.id })).tags).toContainEqual({ key: "mlflow.modelVersions", value: '[{"name": "of a step", "version": 1}]' });
});

test("a path of one run through another's, or of the house, leads nowhere", async () => {
  for (const proxyPath of ["_flowbook/trees/x.tar", `${experimentId}`, `${experimentId}/${own}`, `9${experimentId}/${own}/artifacts/a`, `${experimentId}/${stranger}/artifacts/../../${own}/artifacts/a`, "artifacts"]) {
    await expect(putByProxyPath(ctx, { proxyPath, stream: Readable.from(["x"]) }), proxyPath).rejects.toThrow();
    await expect(deleteByProxyPath(ctx, { proxyPath }), proxyPath).rejects.toThrow();
    await expect(openByProxyPath(ctx, { proxyPath }), proxyPath).rejects.toThrow();
  }
});

test("a share sees its run and what hangs below, and writes nothing", async () => {
  const viewer = as(ctx, share("run", own));
  expect((await getRun(viewer, { runId: child })).id).toBe(child);
  expect((await listRunChildren(viewer, { runId: own })).map((r) => r.id)).toContain(child);
  await hidden(getRun(viewer, { runId: stranger }));
  await hidden(getExperiment(viewer, { experimentId }));
  await refused(logBatch(viewer, { runId: own, metrics }));
  expect((await searchRuns(viewer, { experimentIds: [experimentId] })).runs).toEqual([]);
  const wide = as(ctx, share("experiment", String(experimentId)));
  expect((await searchRuns(wide, { experimentIds: [experimentId] })).runs.length).toBeGreaterThan(2);
});

test("another workspace has none of this; a viewer only looks", async () => {
  const other = await aWorkspace();
  await hidden(getRun(other, { runId: own }));
  await hidden(logBatch(other, { runId: own, metrics }));
  await hidden(getExperiment(other, { experimentId }));
  await hidden(createRun(other, { experimentId }));
  expect((await searchRuns(other, { experimentIds: [experimentId] })).runs).toEqual([]);
  const viewer = await aPerson(ctx, "viewer");
  expect((await getRun(viewer, { runId: own })).id).toBe(own);
  await refused(logBatch(viewer, { runId: own, metrics }));
});

test("a run that belongs to a job ends when the job does", async () => {
  const runId = (await createRun(ctx, { experimentId, status: "SCHEDULED" })).id;
  await aJob(runId);
  const system = as(ctx, { kind: "system" });
  expect(await updateRun(ctx, { runId, status: "RUNNING" })).toMatchObject({ status: "RUNNING", endTimeMs: null });
  expect(await updateRun(ctx, { runId, status: "FINISHED", endTimeMs: 5, name: "n" })).toMatchObject({ status: "RUNNING", endTimeMs: null, name: "n" });
  await refused(endRunOfJob(ctx, { runId, status: "FINISHED", endTimeMs: 7 }));
  await endRunOfJob(system, { runId, status: "FAILED", endTimeMs: 7 });
  await setRunStatusOfJob(system, { runId, status: "RUNNING" });
  expect(await updateRun(ctx, { runId, status: "RUNNING" })).toMatchObject({ status: "FAILED", endTimeMs: 7 });
});

test("a ring of parents ends", async () => {
  const a = (await createRun(ctx, { experimentId })).id;
  const b = (await createRun(ctx, { experimentId, tags: [{ key: "mlflow.parentRunId", value: a }] })).id;
  await setRunTag(ctx, { runId: a, key: "mlflow.parentRunId", value: b });
  expect((await listRunChildren(ctx, { runId: a })).map((r) => r.id)).toEqual([b]);
  await refused(logBatch(step, { runId: a, metrics }));
});
