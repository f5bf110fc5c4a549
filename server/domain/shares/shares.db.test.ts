import { expect, test } from "vitest";
import { newRunId } from "@/common/ids";
import { listen } from "@/server/changes";
import { aPerson, aWorkspace } from "@/server/testing";
import { listFiles } from "../files";
import { createProject, getProject } from "../projects";
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
