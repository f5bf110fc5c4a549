import { expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aPerson, as, aWorkspace } from "@/server/testing";
import { createProject, listVersionFiles, readVersionFile } from "../projects";
import { getRun } from "../runs";
import { writeFile } from "../files";
import { getJob } from "./get-job";
import { launch } from "./launch";
import { launchNested } from "./launch-nested";
import { setJobState } from "./set-job-state";
import { actorOfStepToken, stepTokenFor } from "./step-token";

const mlproject = `name: p
entry_points:
  train:
    parameters:
      rate: {type: float, default: 0.1}
      label: string
    command: "python train.py --rate {rate} {label}"
  main:
    parameters:
      data: {type: path, default: data.csv}
    command: "python main.py {data}"
    resources: {timeout: 10m, memory: 512Mi}
`;
const aProject = async (ctx: Ctx) => createProject(ctx, { name: "p", files: { MLproject: mlproject, "train.py": "print(1)\n", "main.py": "print(2)\n", "data.csv": "a\n" } });
const tag = (run: { tags: { key: string; value: string }[] }, key: string) => run.tags.find((t) => t.key === key)?.value;

async function asStepOf(ctx: Ctx, jobId: string): Promise<Ctx> {
  const system = as(ctx, { kind: "system" });
  await ctx.db.job.update({ where: { id: jobId }, data: { state: "preparing" } });
  await setJobState(system, { jobId, state: "running", startedAt: new Date() });
  const step = await actorOfStepToken(ctx, stepTokenFor(jobId));
  if (!step) throw new Error("the step is not known");
  return as(ctx, step.actor);
}

test("a launch writes down its intent: run, params, tags, the code as it stood, a queued job", async () => {
  const ctx = await aPerson(await aWorkspace(), "editor");
  const project = await aProject(ctx);
  const job = await launch(ctx, { projectId: "p", entryPoint: "train", parameters: { label: "a b" }, runName: "first" });
  await writeFile(ctx, { projectId: project.id, path: "train.py", bytes: Buffer.from("print('later')\n") });

  expect(job).toMatchObject({ state: "queued", command: "python train.py --rate 0.1 'a b'", parameters: { rate: "0.1", label: "a b" }, launchedBy: { name: "A editor" } });
  const run = await getRun(ctx, { runId: job.runId });
  expect(run).toMatchObject({ status: "SCHEDULED", name: "first" });
  expect(Object.fromEntries(run.params.map((p) => [p.key, p.value]))).toEqual({ rate: "0.1", label: "a b" });
  expect([tag(run, "mlflow.source.git.commit"), tag(run, "mlflow.project.entryPoint"), tag(run, "mlflow.source.type"), tag(run, "mlflow.user")]).toEqual([job.commit, "train", "PROJECT", "A editor"]);
  expect((await readVersionFile(ctx, { projectId: project.id, commit: job.commit, path: "train.py" })).text).toBe("print(1)\n");
  expect((await listVersionFiles(ctx, { projectId: project.id, commit: job.commit })).length).toBe(4);
});

test("what cannot be launched is refused with every field and makes nothing", async () => {
  const ctx = await aWorkspace();
  await aProject(ctx);
  await expect(launch(ctx, { projectId: "p", entryPoint: "nope" })).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("train, main") });
  await expect(launch(ctx, { projectId: "p", entryPoint: "train", parameters: { rate: "fast" } })).rejects.toMatchObject({
    kind: "invalid",
    problems: expect.arrayContaining([expect.objectContaining({ field: "parameters.rate" }), expect.objectContaining({ field: "parameters.label" })]),
  });
  await expect(launch(ctx, { projectId: "p", backend: "ray" })).rejects.toMatchObject({ kind: "invalid" });
  await expect(launch(await aPerson(ctx, "viewer"), { projectId: "p" })).rejects.toMatchObject({ kind: "forbidden" });
  expect(await ctx.db.job.count({ where: { workspaceId: ctx.workspaceId } })).toBe(0);
});

test("a nested launch hangs below its step, takes MLflow's loose values, and has the pipeline's limits of its own", async () => {
  const ctx = await aPerson(await aWorkspace(), "editor");
  await aProject(ctx);
  const parent = await launch(ctx, { projectId: "p" });
  expect(parent.limits).toMatchObject({ timeoutSeconds: 600, memoryBytes: 512 * 1024 ** 2 });
  const step = await asStepOf(ctx, parent.id);

  const child = await launchNested(step, { projectUri: ".", entryPoint: "train", parameters: { rate: "not a number", label: "x" }, experimentId: 0 });
  expect(child).toMatchObject({ parentRunId: parent.runId, parentJobId: parent.id, rootJobId: parent.id, commit: parent.commit, launchedBy: { name: "A editor" } });
  const run = await getRun(ctx, { runId: child.runId });
  expect([run.experimentId, run.parentRunId]).toEqual([(await getRun(ctx, { runId: parent.runId })).experimentId, parent.runId]);
  expect(await getJob(ctx, { jobId: parent.id })).toMatchObject({ waitingForRunId: child.runId });

  await expect(launchNested(step, { projectUri: ".", entryPoint: "train" })).rejects.toMatchObject({ message: expect.stringContaining("No value given for missing parameters: 'label'") });
  await expect(launchNested(step, { projectUri: "https://example.org/x.git" })).rejects.toMatchObject({ kind: "invalid" });
  const other = await launch(ctx, { projectId: "p" });
  await expect(launchNested(step, { projectUri: ".", parentRunId: other.runId })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(launchNested(ctx, { projectUri: "." })).rejects.toMatchObject({ kind: "forbidden" });
  const inFolder = await launchNested(step, { projectUri: ".", cwd: "sub", parameters: { data: "x.csv" } });
  expect(inFolder.command).toBe("python main.py sub/x.csv");
});
