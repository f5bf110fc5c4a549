import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import pg from "pg";
import { beforeAll, expect, inject, test } from "vitest";
import { listArtifacts } from "@/server/domain/artifacts";
import { createExperiment, findExperimentByName, searchExperiments } from "@/server/domain/experiments";
import { createModelVersion, createRegisteredModel, deleteRegisteredModel, getModelVersion, getRegisteredModel, setAlias } from "@/server/domain/models";
import { createRun, getExactRun, metricHistory, searchExactRuns } from "@/server/domain/runs";
import { aWorkspace } from "@/server/testing";
import type { Ctx } from "../../ctx";
import { Interrupted } from "../problems";
import { openSource } from "../sources/open-source";
import type { Source } from "../types";
import { runImport } from ".";

const run = (n: number) => n.toString(16).padStart(32, "a");
let folder: string;

/** A store as MLflow 2.x kept it: no logged models, inputs, aliases or workspaces. */
function statements(): [sql: string, values: (string | number | bigint | boolean | null)[]][] {
  const list: ReturnType<typeof statements> = `
    CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, artifact_location TEXT, lifecycle_stage TEXT);
    CREATE TABLE experiment_tags (key TEXT, value TEXT, experiment_id INTEGER);
    CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, user_id TEXT, status TEXT, start_time BIGINT, end_time BIGINT, lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);
    CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT); CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
    CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
    CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN, run_uuid TEXT);
    CREATE TABLE registered_models (name TEXT, creation_time BIGINT, last_updated_time BIGINT, description TEXT);
    CREATE TABLE model_versions (name TEXT, version INTEGER, creation_time BIGINT, last_updated_time BIGINT, description TEXT, user_id TEXT, current_stage TEXT, source TEXT, run_id TEXT, status TEXT, run_link TEXT);
    CREATE TABLE registered_model_tags (key TEXT, value TEXT, name TEXT); CREATE TABLE model_version_tags (key TEXT, value TEXT, name TEXT, version INTEGER);
    INSERT INTO experiments VALUES (5001, 'old', 'file://${folder}/mlruns/5001', 'active'), (5002, 'gone', 's3://bucket/5002', 'deleted');
    INSERT INTO experiment_tags VALUES ('k', 'v', 5001);
    INSERT INTO registered_models VALUES ('m', 10, 20, 'words');
    INSERT INTO model_versions VALUES ('m', 1, 11, 12, 'first', 'ada', 'Production', 'file://${folder}/mlruns/5001/${run(1)}/artifacts/model', '${run(1)}', 'READY', ''),
      ('m', 2, 13, 14, NULL, NULL, 'Deleted_Internal', 'x', 'REDACTED-RUN-ID', 'READY', NULL)`
    .split(";").map((sql) => [sql, []]);
  for (let n = 1; n <= 9; n++) {
    const experiment = n === 9 ? 5002 : 5001;
    const uri = experiment === 5001 ? `${folder}/mlruns/5001/${run(n)}/artifacts` : `s3://bucket/5002/${run(n)}/artifacts`;
    list.push(["INSERT INTO runs VALUES (?, ?, 'ada', 'FINISHED', ?, ?, ?, ?, ?)", [run(n), `run ${n}`, 1000 + n, 2000 + n, n >= 8 ? "deleted" : "active", uri, experiment]]);
    list.push(["INSERT INTO params VALUES ('p', ?, ?)", [`v${n} ü`, run(n)]]);
    if (n > 1) list.push(["INSERT INTO tags VALUES ('mlflow.parentRunId', ?, ?)", [run(1), run(n)]]);
    for (let s = 0; s < 30; s++) list.push(["INSERT INTO metrics VALUES ('loss', ?, ?, ?, ?, ?)", [s === 3 ? 0 : s / 7, 100 + s, run(n), s, s === 3]]);
    list.push(["INSERT INTO metrics VALUES ('big', 1.5, 7, ?, ?, ?)", [run(n), 2n ** 62n + 1n, false]]);
    list.push(["INSERT INTO latest_metrics VALUES ('loss', ?, 129, 29, ?, ?)", [29 / 7, false, run(n)]]);
    list.push(["INSERT INTO latest_metrics VALUES ('big', 1.5, 7, ?, ?, ?)", [2n ** 62n + 1n, false, run(n)]]);
  }
  return list;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flowbook-old-store-"));
  const db = new sqlite.Database(join(folder, "old.db"));
  for (const [sql, values] of statements()) db.run(sql, values);
  db.close();
  for (let n = 1; n <= 8; n++) {
    mkdirSync(join(folder, "mlruns/5001", run(n), "artifacts/model"), { recursive: true });
    writeFileSync(join(folder, "mlruns/5001", run(n), "artifacts/model/MLmodel"), `model ${n}`);
    writeFileSync(join(folder, "mlruns/5001", run(n), "artifacts/empty.txt"), "");
  }
});

const open = () => openSource({ uri: `sqlite:///${folder}/old.db` });

async function bring(ctx: Ctx, source: Source, signal = new AbortController().signal) {
  const said: string[] = [];
  const isWhole = await runImport(ctx, { source, experiments: [], withArtifacts: true, isAgain: false, signal, say: (line) => said.push(line), keepReport: () => {} });
  return { isWhole, said: said.join("\n") };
}

test("a store of MLflow 2.x comes whole, wherever the import was cut off before, and a second time brings nothing", async () => {
  const ctx = await aWorkspace();
  let cuts = 0;
  for (let at = 1; ; at += 3) {
    const stop = new AbortController();
    const source = await open();
    let calls = 0;
    const tick = <T>(read: () => T): T => {
      if (++calls === at) stop.abort();
      return read();
    };
    // Cut off at a later read each time; what was under way is finished or lost.
    const cut: Source = {
      ...source, label: source.label, close: () => source.close(), experiments: (w) => source.experiments(w), runs: (e) => source.runs(e), loggedModels: (e) => source.loggedModels(e),
      registeredModels: () => source.registeredModels(), files: (o) => source.files(o), count: (w) => source.count?.(w) ?? Promise.resolve({}),
      points: (r) => tick(() => source.points(r)), openFile: (o, p) => tick(() => source.openFile(o, p)),
    };
    const result = await bring(ctx, cut, stop.signal).catch((error: unknown) => {
      if (error instanceof Interrupted) return null;
      throw error;
    });
    await source.close();
    if (result) {
      expect(result.said).toContain("All is here");
      break;
    }
    cuts++;
  }
  expect(cuts).toBeGreaterThan(2);

  const old = await findExperimentByName(ctx, { name: "old" });
  expect(old).toMatchObject({ id: 5001, tags: [{ key: "k", value: "v" }] });
  const gone = await findExperimentByName(ctx, { name: "gone" });
  expect(gone).toMatchObject({ id: 5002, lifecycleStage: "deleted", artifactLocation: "s3://bucket/5002" });
  const { runs } = await searchExactRuns(ctx, { experimentIds: [5001, 5002], viewType: "ALL" });
  expect(runs).toHaveLength(9);
  expect(await getExactRun(ctx, { runId: run(9) })).toMatchObject({ artifactUri: `s3://bucket/5002/${run(9)}/artifacts`, lifecycleStage: "deleted" });
  const two = await getExactRun(ctx, { runId: run(2) });
  expect(two).toMatchObject({ name: "run 2", userId: "ada", status: "FINISHED", startTimeMs: 1002n, endTimeMs: 2002n, parentRunId: run(1), params: [{ key: "p", value: "v2 ü" }] });
  expect(two.latestMetrics.find((m) => m.key === "big")?.step).toBe(2n ** 62n + 1n);
  const { points } = await metricHistory(ctx, { runId: run(2), key: "loss" });
  expect(points.length).toBe(30);
  expect(points.at(3).value).toBeNaN();
  expect((await listArtifacts(ctx, { runId: run(8) })).files.map((f) => f.path)).toEqual(["empty.txt", "model"]);
  expect(await getModelVersion(ctx, { name: "m", version: 1 })).toMatchObject({ stage: "Production", source: `mlflow-artifacts:/5001/${run(1)}/artifacts/model`, creationTimeMs: 11, description: "first" });
  await expect(getModelVersion(ctx, { name: "m", version: 2 })).rejects.toMatchObject({ kind: "not_found" });
  expect((await createModelVersion(ctx, { name: "m", source: "s3://x/y" })).version).toBe(3);

  const source = await open();
  const again = await bring(ctx, source);
  await source.close();
  expect(again.said).toContain("0 runs, 0 points and 0 B of files");
  expect(again.said).toContain("9 runs were here before");
});

test("what was brought and then removed for good comes again", async () => {
  const ctx = await aWorkspace();
  const source = await open();
  await bring(ctx, source);
  const { runs } = await searchExactRuns(ctx, { experimentIds: (await searchExperiments(ctx, { viewType: "ALL" })).experiments.map((e) => e.id), viewType: "ALL" });
  const lost = runs.find((r) => r.name === "run 3")?.id ?? "";
  for (const table of ["Param", "Tag", "MetricSegment", "LatestMetric"]) await ctx.sql.query(`DELETE FROM "${table}" WHERE "runSeq" = (SELECT seq FROM "Run" WHERE id = $1)`, [lost]);
  await ctx.sql.query(`DELETE FROM "Run" WHERE id = $1`, [lost]);
  await deleteRegisteredModel(ctx, { name: "m" });

  const { isWhole, said } = await bring(ctx, source);
  await source.close();
  expect(isWhole, said).toBe(true);
  expect((await getExactRun(ctx, { runId: lost })).name).toBe("run 3");
  expect(await getModelVersion(ctx, { name: "m", version: 1 })).toMatchObject({ description: "first" });
});

test("what is taken here stays as it is, and what comes gets a new id that is reported", async () => {
  const ctx = await aWorkspace();
  const { experimentId } = await createExperiment(ctx, { name: "old", tags: [{ key: "k", value: "mine" }] });
  // The ids of the first test's workspace are taken for this one.
  await createRegisteredModel(ctx, { name: "m", description: "mine" });
  await createModelVersion(ctx, { name: "m", source: "s3://mine/1" });
  await setAlias(ctx, { name: "m", alias: "champion", version: 1 });
  const own = await createRun(ctx, { experimentId });

  const source = await open();
  const { isWhole, said } = await bring(ctx, source);
  await source.close();
  expect(isWhole, said).toBe(true);
  expect(said).toContain(`run ${run(1)} is taken here; it is now`);
  expect(said).toContain("tag 'k' of experiment 'old' keeps the value it has here");
  expect(said).toContain("version 1 of 'm' is taken here; it is now version 2");

  expect((await findExperimentByName(ctx, { name: "old" }))?.tags).toEqual([{ key: "k", value: "mine" }]);
  const { runs } = await searchExactRuns(ctx, { experimentIds: [experimentId], viewType: "ALL" });
  expect(runs).toHaveLength(9);
  const parent = runs.find((r) => r.name === "run 1");
  expect(parent?.id).not.toBe(run(1));
  expect(runs.find((r) => r.name === "run 2")?.parentRunId).toBe(parent?.id);
  expect(runs.map((r) => r.id)).toContain(own.id);
  expect(await getRegisteredModel(ctx, { name: "m" })).toMatchObject({ description: "mine", aliases: [{ alias: "champion", version: 1 }] });
  expect(await getModelVersion(ctx, { name: "m", version: 2 })).toMatchObject({ description: "first", runId: parent?.id, source: `mlflow-artifacts:/${experimentId}/${parent?.id}/artifacts/model` });
  expect((await searchExperiments(ctx, { viewType: "ALL" })).experiments.map((e) => e.name).sort()).toEqual(["gone", "old"]);
});

test("the same store in PostgreSQL is read alike, and its password is not said", async () => {
  const ctx = await aWorkspace();
  const admin = new pg.Client({ connectionString: inject("adminUrl") });
  await admin.connect();
  await admin.query("CREATE DATABASE old_mlflow_store");
  await admin.end();
  const url = inject("adminUrl").replace(/\/postgres$/, "/old_mlflow_store");
  const store = new pg.Client({ connectionString: url });
  await store.connect();
  for (const [sql, values] of statements()) {
    let n = 0;
    await store.query(sql.replace(/\?/g, () => `$${++n}`), values);
  }
  const source = await openSource({ uri: url.replace("postgresql:", "postgresql+psycopg2:") });
  const { isWhole, said } = await bring(ctx, source);
  await source.close();
  await store.end();
  expect(isWhole, said).toBe(true);
  expect(said).not.toContain(new URL(url).password);
  const { runs } = await searchExactRuns(ctx, { experimentIds: (await searchExperiments(ctx, { viewType: "ALL" })).experiments.map((e) => e.id), viewType: "ALL" });
  expect(runs.map((r) => r.name).sort()).toEqual(Array.from({ length: 9 }, (_, i) => `run ${i + 1}`));
  const two = runs.find((r) => r.name === "run 2");
  expect((await metricHistory(ctx, { runId: two?.id ?? "", key: "loss" })).points.at(3).value).toBeNaN();
  expect((await metricHistory(ctx, { runId: two?.id ?? "", key: "big" })).points.at(0).step).toBe(2n ** 62n + 1n);
});
