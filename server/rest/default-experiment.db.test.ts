import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { ensureDefaultExperiment } from "@/server/domain/experiments";
import { systemCtx } from "@/server/domain/workspaces";
import { aPerson, aWorkspace, as } from "@/server/testing";
import { handleMlflow } from ".";

let caller: Ctx;
let server: Server;
beforeAll(async () => {
  server = createServer((req, res) => void handleMlflow(req, res, caller));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(() => new Promise((done) => server.close(done)));

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by the tests alone.
async function call(ctx: Ctx, path: string, body?: object): Promise<any> {
  caller = ctx;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/2.0/mlflow/${path}`;
  const answer = await fetch(url, body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {});
  return { status: answer.status, ...((await answer.json()) as object) };
}

test("an empty server has experiment 0, Default, and the next ids are 1 and 2", async () => {
  const first = as(await systemCtx(), { kind: "open", role: "owner" });
  await ensureDefaultExperiment(first);
  expect(await call(first, "experiments/get?experiment_id=0")).toMatchObject({ experiment: { experiment_id: "0", name: "Default", artifact_location: "mlflow-artifacts:/0" } });
  expect(await call(first, "experiments/create", { name: "a" })).toMatchObject({ experiment_id: "1" });
  expect(await call(first, "experiments/create", { name: "b" })).toMatchObject({ experiment_id: "2" });
  expect((await call(first, "runs/create", { experiment_id: "0", start_time: 1 })).run.info.experiment_id).toBe("0");
});

test("in a further workspace \"0\" is its own default experiment, the same one for callers that come at once, and nobody else's", async () => {
  const [one, two] = [await aWorkspace(), await aWorkspace()];
  const viewer = await aPerson(one, "viewer");
  const made = await Promise.all([1, 2, 3, 4].map(() => call(one, "runs/create", { experiment_id: "0", start_time: 1 })));
  const id = made[0].run.info.experiment_id;
  expect(made.map((m) => m.run.info.experiment_id)).toEqual([id, id, id, id]);
  expect(Number(id)).toBeGreaterThan(0);
  expect(await call(viewer, "experiments/get?experiment_id=0")).toMatchObject({ status: 200, experiment: { experiment_id: id, name: "Default", artifact_location: `mlflow-artifacts:/${id}` } });
  expect((await call(one, "runs/search", { experiment_ids: ["0"] })).runs).toHaveLength(4);
  expect((await call(two, "runs/search", { experiment_ids: ["0"] })).runs).toBeUndefined();
  expect((await call(two, "experiments/get?experiment_id=0")).experiment.experiment_id).not.toBe(id);
});

test("an experiment that is called Default already is what \"0\" means, also under a later name", async () => {
  const ctx = await aWorkspace();
  const { experiment_id } = await call(ctx, "experiments/create", { name: "Default" });
  expect((await call(ctx, "experiments/get?experiment_id=0")).experiment.experiment_id).toBe(experiment_id);
  await call(ctx, "experiments/update", { experiment_id: "0", new_name: "mine" });
  expect(await call(ctx, "experiments/get?experiment_id=0")).toMatchObject({ experiment: { experiment_id, name: "mine" } });
});
