import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun, logBatch } from "../runs";
import { createLoggedModel, createModelVersion, createRegisteredModel, deleteModelVersion, searchLoggedModels, searchModelVersions, searchRegisteredModels } from ".";

let ctx: Ctx;
let experimentId: number;
let runId: string;
const at = (ms: number): Ctx => ({ ...ctx, now: () => new Date(ms) });
const source = "s3://bucket/m";
let made = 0;

/** A logged model whose metric `acc` is this; undefined: it has none. */
async function addLogged(name: string, ms: number, acc?: number, dataset?: string): Promise<string> {
  const { id } = await createLoggedModel(at(ms), { experimentId, name, sourceRunId: runId, params: [{ key: "p", value: String(ms) }], tags: [] });
  if (acc !== undefined) await logBatch(ctx, { runId, metrics: [{ key: "acc", value: acc, step: made++, timestampMs: made, modelId: id, datasetName: dataset, datasetDigest: dataset && "d1" }] });
  return id;
}

beforeAll(async () => {
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
  runId = (await createRun(ctx, { experimentId })).id;
  for (const [i, name] of ["m1", "m2", "M3", "m4", "m5"].entries()) {
    await createRegisteredModel(at(1000 * (i >> 1)), { name, tags: i % 2 ? [{ key: "k", value: "v" }] : [] });
    for (let v = 0; v < 2; v++) await createModelVersion(at(1000 * (i >> 1)), { name, source, tags: v ? [{ key: "k", value: "v" }] : [] });
  }
  await createRegisteredModel(ctx, { name: "prompt", tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] });
  await createModelVersion(ctx, { name: "prompt", source: "dummy-source", tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] });
  for (const [i, acc] of [0.5, 0.5, Number.NaN, undefined, 0.9, 0.1].entries()) await addLogged(`l${i}`, 1000 * (i >> 1), acc, i % 2 ? "iris" : undefined);
});

test.each([
  ["name LIKE 'm%' AND tags.k = 'v'", ["m2", "m4"]],
  ["name IN ('m1', 'M3')", ["M3", "m1"]],
  ["tags.`mlflow.prompt.is_prompt` = 'true'", ["prompt"]],
  ["tags.`mlflow.prompt.is_prompt` != 'true' AND name = 'm1'", ["m1"]],
  ["tags.`mlflow.prompt.is_prompt` = 'false'", ["M3", "m1", "m2", "m4", "m5"]],
  ["", ["M3", "m1", "m2", "m4", "m5"]],
])("registered models: %s finds %j", async (filter, names) => {
  expect((await searchRegisteredModels(ctx, { filter })).models.map((m) => m.name)).toEqual(names);
});

test.each([
  ["name = 'm1' AND version_number >= '2'", ["m1/2"]],
  ["name = 'm1' AND tags.k = 'v'", ["m1/2"]],
  ["name IN ('m1', 'prompt')", ["m1/2", "m1/1"]],
  ["tags.mlflow.prompt.is_prompt = 'TRUE' AND name = 'prompt'", []],
  ["tags.mlflow.prompt.is_prompt = 'true'", ["prompt/1"]],
  ["source_path LIKE 's3%' AND name ILIKE 'm3'", ["M3/2", "M3/1"]],
])("model versions: %s finds %j", async (filter, names) => {
  expect((await searchModelVersions(ctx, { filter })).versions.map((v) => `${v.name}/${v.version}`)).toEqual(names);
});

test.each([
  ["metrics.acc > 0.4", ["l4", "l0", "l1"]],
  ["metrics.acc != 0.5", ["l4", "l5", "l2"]],
  ["name = l4", ["l4"]],
  ["params.p IN ('0', '2000') AND metrics.acc <= 0.5", ["l5", "l0", "l1"]],
])("logged models: %s finds %j", async (filter, names) => {
  const found = (await searchLoggedModels(ctx, { experimentIds: [experimentId], filter })).models;
  const ofMoment = new Map(found.map((m) => [m.name, m.creationTimeMs]));
  // Of one moment the id decides, which is random.
  expect(found.map((m) => m.name).sort((a, b) => (ofMoment.get(b) ?? 0) - (ofMoment.get(a) ?? 0) || (a < b ? -1 : 1))).toEqual(names);
});

test("datasets narrow logged models, alone and with a metric", async () => {
  const find = async (filter?: string) => (await searchLoggedModels(ctx, { experimentIds: [experimentId], filter, datasets: [{ name: "iris" }] })).models.map((m) => m.name).sort();
  expect(await find()).toEqual(["l1", "l5"]);
  expect(await find("metrics.acc > 0.4")).toEqual(["l1"]);
});

test.each([
  [() => searchRegisteredModels(ctx, { filter: "name = 'a' OR name = 'b'" }), "'OR'"],
  [() => searchModelVersions(ctx, { filter: "NOT name = 'a'" }), "'NOT'"],
  [() => searchLoggedModels(ctx, { experimentIds: [1], filter: "(name = 'a')" }), "'('"],
  [() => searchRegisteredModels(ctx, { filter: "tags.a IS NULL" }), "IS NULL"],
  [() => searchRegisteredModels(ctx, { filter: "`name` = 'a'" }), "Invalid attribute key '`name`'"],
  [() => searchModelVersions(ctx, { filter: "version_number = 'abc'" }), "Invalid value for numeric attribute 'version_number': 'abc'"],
  [() => searchModelVersions(ctx, { filter: "creation_timestamp > 1" }), "Invalid attribute key 'creation_timestamp'"],
  [() => searchLoggedModels(ctx, { experimentIds: [1], filter: "params.a IS NULL" }), "IS NULL"],
  [() => searchLoggedModels(ctx, { experimentIds: [1], filter: "metric.a > 1" }), "Invalid entity type: 'metric'. Expected one of ['attributes', 'metrics', 'params', 'tags']."],
  [() => searchRegisteredModels(ctx, { orderBy: ["timestamp", "last_updated_timestamp"] }), "duplicate fields"],
])("refusal %#", async (act, message) => {
  await expect(act()).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining(message) });
});

/** Walks all pages, `between` each two, and holds the result against what was there before. */
async function walked<T>(find: (more: { maxResults?: number; pageToken?: string }) => Promise<{ rows: T[]; nextPageToken?: string }>, nameOf: (row: T) => string, between: () => Promise<unknown>) {
  const before = (await find({ maxResults: 1000 })).rows.map(nameOf);
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await find({ maxResults: 2, pageToken });
    found.push(...page.rows.map(nameOf));
    pageToken = page.nextPageToken;
    await between();
  } while (pageToken);
  expect(new Set(found).size).toBe(found.length);
  expect(found.filter((n) => before.includes(n))).toEqual(before);
}

test.each([[undefined], [["name DESC"]], [["timestamp ASC"]], [["last_updated_timestamp DESC", "name DESC"]]])("pages of registered models by %j stay right while models are added", async (orderBy) => {
  await walked(
    async (more) => {
      const { models, nextPageToken } = await searchRegisteredModels(ctx, { orderBy, ...more });
      return { rows: models, nextPageToken };
    },
    (m) => m.name,
    () => createRegisteredModel(at((made++ % 4) * 500), { name: `${made % 2 ? "a" : "z"} ${made}` }),
  );
});

test.each([[undefined], [["version_number"]], [["name", "version_number DESC"]], [["creation_timestamp"]]])("pages of versions by %j stay right while versions come and go", async (orderBy) => {
  await walked(
    async (more) => {
      const { versions, nextPageToken } = await searchModelVersions(ctx, { orderBy, ...more });
      return { rows: versions, nextPageToken };
    },
    (v) => `${v.name}/${v.version}`,
    async () => {
      const name = `v${made++}`;
      await createRegisteredModel(ctx, { name });
      await createModelVersion(at((made % 4) * 500), { name, source });
      if (made % 2) await deleteModelVersion(ctx, { name, version: 1 });
    },
  );
});

test.each([
  [undefined],
  [[{ fieldName: "metrics.acc" }]],
  [[{ fieldName: "metrics.acc", isAscending: false }, { fieldName: "name" }]],
  [[{ fieldName: "metrics.acc", dataset: { name: "iris" } }]],
  [[{ fieldName: "model_type" }, { fieldName: "creation_timestamp" }]],
])("pages of logged models by %j stay right while models are added", async (orderBy) => {
  await walked(
    async (more) => {
      const { models, nextPageToken } = await searchLoggedModels(ctx, { experimentIds: [experimentId], orderBy, ...more });
      return { rows: models, nextPageToken };
    },
    (m) => m.id,
    () => addLogged("more", (made % 4) * 500, [0.5, Number.NaN, undefined, 0.7][made % 4], made % 3 ? "iris" : undefined),
  );
});

test("a token of one search is refused by another", async () => {
  const { nextPageToken: pageToken } = await searchRegisteredModels(ctx, { maxResults: 1 });
  await expect(searchModelVersions(ctx, { pageToken })).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("another search") });
});
