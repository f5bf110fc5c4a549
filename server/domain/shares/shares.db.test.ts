import { expect, test } from "vitest";
import { newRunId } from "@/common/ids";
import { listen } from "@/server/changes";
import { aPerson, as, aWorkspace } from "@/server/testing";
import { listFiles, writeFile } from "../files";
import { launch } from "../jobs";
import { createProject, diffVersionAgainstNow, getOutline, getProject, listProjects, listVersionFiles, readVersionFile } from "../projects";
import { createRun, getRun } from "../runs";
import { createShare, listShares, openShare, revokeShare } from "./index";

test("a run's link opens that run until it is revoked, and never the project's live files", async () => {
  const ctx = await aWorkspace();
  const { experimentId } = await createProject(ctx, { name: "one", files: { "a.py": "1" } });
  const { id: projectId } = await getProject(ctx, { idOrName: "one" });
  const runId = newRunId();
  const other = newRunId();
  await createRun(ctx, { experimentId, runId });
  await createRun(ctx, { experimentId, runId: other });
  const { id, token, url } = await createShare(ctx, { targetType: "run", targetId: runId });
  expect(url).toMatch(new RegExp(`^http.*/share/${token}$`));
  expect(JSON.stringify(await ctx.db.shareLink.findMany())).not.toContain(token);

  const guest = await openShare({ token });
  expect((await getRun(guest, { runId })).id).toBe(runId);
  await expect(getRun(guest, { runId: other })).rejects.toMatchObject({ kind: "not_found" });
  await expect(listFiles(guest, { projectId })).rejects.toMatchObject({ kind: "not_found" });
  await expect(createShare(guest, { targetType: "run", targetId: runId })).rejects.toMatchObject({ kind: "forbidden" });

  let told = 0;
  const stop = listen(`share:${id}`, () => told++);
  await revokeShare(ctx, { shareId: id });
  stop();
  expect(told).toBe(1);
  await expect(openShare({ token })).rejects.toMatchObject({ kind: "not_found" });
  expect(await listShares(ctx)).toEqual([]);
});

test("a link ends at its time; a project's link shows its files; viewers make none", async () => {
  const ctx = await aWorkspace();
  const { id: projectId } = await createProject(ctx, { name: "one", files: { "a.py": "1" } });
  const { token } = await createShare(ctx, { targetType: "project", targetId: projectId, expiresInSeconds: 60 });
  expect(await listFiles(await openShare({ token }), { projectId })).toHaveLength(1);
  await expect(openShare({ token, now: () => new Date(Date.now() + 61_000) })).rejects.toMatchObject({ kind: "not_found" });
  await expect(createShare(await aPerson(ctx, "viewer"), { targetType: "project", targetId: projectId })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(createShare(await aWorkspace(), { targetType: "project", targetId: projectId })).rejects.toMatchObject({ kind: "not_found" });
});

test("a run's link shows that run's code only; a step sees its own project only", async () => {
  const ctx = await aWorkspace();
  const mlproject = "entry_points:\n  main:\n    command: echo 1\n";
  const project = await createProject(ctx, { name: "one", files: { MLproject: mlproject, "a.py": "1" } });
  const job = await launch(ctx, { projectId: project.id });
  await writeFile(ctx, { projectId: project.id, path: "a.py", bytes: Buffer.from("secret, not launched with the first") });
  const later = await launch(ctx, { projectId: project.id });
  const { token } = await createShare(ctx, { targetType: "run", targetId: job.runId });
  const guest = await openShare({ token });
  const at = (commit: string) => ({ projectId: project.id, commit });
  expect((await readVersionFile(guest, { ...at(job.commit), path: "a.py" })).text).toBe("1");
  for (const door of [() => listVersionFiles(guest, at(later.commit)), () => diffVersionAgainstNow(guest, at(job.commit)), () => getProject(guest, { idOrName: "one" }), () => getOutline(guest, { projectId: project.id })]) {
    await expect(door()).rejects.toMatchObject({ kind: "not_found" });
  }

  const other = await createProject(ctx, { name: "two", files: { "b.py": "2" } });
  const step = as(ctx, { kind: "step", jobId: job.id, runId: job.runId, experimentId: project.experimentId, projectId: project.id, rootJobId: job.id });
  expect(await getProject(step, { idOrName: "one" })).toMatchObject({ id: project.id });
  expect((await listProjects(step)).projects.map((p) => p.name)).toEqual(["one"]);
  await expect(listFiles(step, { projectId: other.id })).rejects.toMatchObject({ kind: "not_found" });
  for (const door of [() => writeFile(step, { projectId: project.id, path: "a.py", bytes: Buffer.from("x") }), () => createProject(step, { name: "x" }), () => createShare(step, { targetType: "run", targetId: job.runId }), () => launch(step, { projectId: project.id })]) {
    await expect(door()).rejects.toMatchObject({ kind: "forbidden" });
  }
});
