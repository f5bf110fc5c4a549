import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureDefaultExperiment } from "@/server/domain/experiments";
import { handleMlflow } from "@/server/rest";
import { aWorkspace } from "@/server/testing";
import { accepted, type DifferenceKind } from "./accepted";
import { judge } from "./judge";
import { play } from "./play";
import { readRecording, recordedAnswers } from "./recording";
import { scenarios } from "./scenarios";

/*
 * The same requests as were played to MLflow's own server, played to this one, and every answer compared: status, error code, message,
 * shape and values. `npm run compare:mlflow` plays them to both, live.
 */

let server: Server;
const recording = readRecording();
const found = new Map<DifferenceKind, number>();

beforeAll(async () => {
  const ctx = await aWorkspace({ slug: "default" });
  await ensureDefaultExperiment(ctx);
  server = createServer((req, res) => void handleMlflow(req, res, ctx));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(() => new Promise((done) => server.close(done)));

describe("the same answers as MLflow 3.17.2", () => {
  test.each(scenarios.map((s) => [s.name, s] as const))("%s", { timeout: 120_000 }, async (_, scenario) => {
    const theirs = recordedAnswers(recording, scenario);
    const ours = await play(scenario, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const { faults, kinds } = judge(scenario, theirs, ours);
    for (const [kind, count] of kinds) found.set(kind, (found.get(kind) ?? 0) + count);
    expect(faults.join("\n")).toBe("");
  });

  test("there are enough requests, each accepted kind is met, and fewer than ten are choices of ours", () => {
    expect(scenarios.reduce((sum, s) => sum + s.steps.length, 0)).toBeGreaterThan(1000);
    expect([...found.keys()].sort()).toEqual(Object.keys(accepted).sort());
    expect(Object.values(accepted).filter((k) => !("isTheirFault" in k)).length).toBeLessThan(10);
  });
});
