import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aWorkspace } from "@/server/testing";
import { hostileRuns, hostileSeed } from "@/server/testing/hostile";
import { handleMlflow } from ".";

/* What a client was told is stored reads back as it was sent; what was refused left nothing behind. */

let server: Server;
let base: string;
let runId: string;
beforeAll(async () => {
  const ctx = await aWorkspace();
  server = createServer((req, res) => void handleMlflow(req, res, ctx));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/2.0/mlflow/`;
  const e = JSON.parse((await post("experiments/create", '{"name":"e"}')).text) as { experiment_id: string };
  const made = JSON.parse((await post("runs/create", JSON.stringify({ experiment_id: e.experiment_id, run_name: "n" }))).text) as { run: { info: { run_id: string } } };
  runId = made.run.info.run_id;
});
afterAll(() => new Promise((done) => server.close(done)));

async function post(path: string, body: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(base + path, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  return { status: answer.status, text: await answer.text() };
}
const get = async (path: string) => (await fetch(base + path)).text();
const readRun = () => get(`runs/get?run_id=${runId}`);

/** A JSON text, and what it says, if it says something that may be stored. */
type Said<T> = { json: string; means?: T };
const say = <T>(json: string, means?: T): Said<T> => ({ json, ...(means === undefined ? {} : { means }) });
const chosen = <T>(...all: Said<T>[]) => fc.constantFrom(...all);
const absent = say<never>("");

const int64 = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).chain((n) => chosen(say(String(n), n), say(`"${n}"`, n))) },
  { weight: 2, arbitrary: chosen(say("1", 1n), say("5.0", 5n), say("1e3", 1000n), say('"1e+05"', 100_000n), say('" 5"', 5n), say('"+5"', 5n), say('"0007"', 7n), say("9007199254740993", 9007199254740993n)) },
  { weight: 2, arbitrary: chosen<bigint>(...["1.5", '"1.5"', "true", '""', '"x"', "[]", "{}", "9223372036854775808", "-9223372036854775809", "1e400", '"NaN"', '"0x10"', "1e-1", '"1_000"', '"\\uff15"'].map((j) => say<bigint>(j))) },
);
const step = fc.oneof(int64, chosen<bigint>(say("null", 0n), say("", 0n)));
const timestamp = fc.oneof(int64.map((s) => (s.means !== undefined && s.means < 0n ? say<bigint>(s.json) : s)), chosen<bigint>(say("null"), say("")));
const double = fc.oneof(
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).chain((d) => chosen(say(JSON.stringify(d), d), say(`"${d}"`, d))) },
  { weight: 2, arbitrary: chosen(say('"NaN"', Number.NaN), say('"nan"', Number.NaN), say('"Infinity"', Number.MAX_VALUE), say('"-Infinity"', -Number.MAX_VALUE), say("true", 1), say("false", 0), say("4.9e-324", 5e-324), say("123456789012345678901", 123456789012345680000), say('" 5"', 5)) },
  { weight: 2, arbitrary: chosen<number>(...["NaN", "1e400", "null", '""', '"x"', "[]", "{}", '"1e400"', '"0x10"', '"1_0"', ""].map((j) => say<number>(j))) },
);
const aKey = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "c/d", "é 漢", "x.y-z:1", "k".repeat(250)).map((k) => say(JSON.stringify(k), k)) },
  { weight: 1, arbitrary: chosen<string>(...['""', "null", "5", '"a//b"', '"a?"', '"\\u0000"', '"\\ud800"', JSON.stringify("k".repeat(251)), "[]", ""].map((j) => say<string>(j))) },
);
const aText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 40 }).map((s) => (s.includes("\u0000") ? say<string>(JSON.stringify(s)) : say(JSON.stringify(s), s))) },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(6001), "😀".repeat(8001), "", " ", "\n\r\t\\\"'").map((s) => say(JSON.stringify(s), s)) },
  { weight: 1, arbitrary: chosen(say("null", ""), say("", "")) },
  { weight: 1, arbitrary: chosen<string>(...["5", "true", "[]", "{}", '"\\u0000"', '"\\udc00"'].map((j) => say<string>(j))) },
);

const object = (fields: Record<string, Said<unknown>>) => `{${Object.entries(fields).filter(([, s]) => s !== absent && s.json !== "").map(([name, s]) => `"${name}":${s.json}`).join(",")}}`;
const cut = (value: string, most: number) => [...value].slice(0, most).join("");

type Metric = { key: Said<string>; value: Said<number>; timestamp: Said<bigint>; step: Said<bigint> };
type Pair = { key: Said<string>; value: Said<string> };
const metric: fc.Arbitrary<Metric> = fc.record({ key: aKey, value: double, timestamp, step });
const pair: fc.Arbitrary<Pair> = fc.record({ key: aKey, value: aText });

async function expectMetrics(metrics: Metric[], what: string): Promise<void> {
  for (const { key, value, timestamp: time, step: at } of metrics) {
    expect([key, value, time, at].every((s) => s.means !== undefined), `acknowledged, and cannot be stored: ${what}`).toBe(true);
    const text = await get(`metrics/get-history?run_id=${runId}&metric_key=${encodeURIComponent(key.means ?? "")}`);
    const { metrics: points = [] } = JSON.parse(text.replace(/"(timestamp|step)": ?(-?\d+)/g, '"$1":"$2"')) as { metrics?: { value: number | string; timestamp: string; step: string }[] };
    const isThere = points.some((p) => Object.is(Number(p.value) + 0, (value.means ?? 0) + 0) && p.timestamp === String(time.means) && p.step === String(at.means));
    expect(isThere, `not there as sent: ${what}\n${text.slice(-500)}`).toBe(true);
  }
}

async function expectPairs(kind: "params" | "tags", pairs: Pair[], what: string): Promise<void> {
  const { run } = JSON.parse(await readRun()) as { run: { data: Record<string, { key: string; value: string }[] | undefined> } };
  const last = new Map(pairs.map((p) => [p.key.means, p]));
  for (const { key, value } of last.values()) {
    expect([key, value].every((s) => s.means !== undefined), `acknowledged, and cannot be stored: ${what}`).toBe(true);
    expect(run.data[kind]?.find((p) => p.key === key.means)?.value, what).toBe(cut(value.means ?? "", kind === "params" ? 6000 : 8000));
  }
}

/** Sends, and sees that a refusal changed nothing; whether it was taken. */
async function send(path: string, body: string): Promise<boolean> {
  const before = await readRun();
  const { status, text } = await post(path, body);
  expect(status === 200 || status === 400, `${status} ${text.slice(0, 300)} ← ${body.slice(0, 500)}`).toBe(true);
  if (status !== 200) expect(await readRun(), `refused, and something changed: ${body.slice(0, 500)}`).toBe(before);
  return status === 200;
}

const options = { seed: hostileSeed, numRuns: hostileRuns * 6, endOnFailure: true };
const run = () => say(JSON.stringify(runId), runId);

test("log-metric", { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(metric, async (m) => {
      const body = object({ run_id: run(), ...m });
      if (await send("runs/log-metric", body)) await expectMetrics([m], body);
    }),
    options,
  ));

test.each([["log-parameter", "params"], ["set-tag", "tags"]] as const)("%s", { timeout: 120_000 }, (path, kind) =>
  fc.assert(
    fc.asyncProperty(pair, async (p) => {
      const body = object({ run_id: run(), ...p });
      if (await send(`runs/${path}`, body)) await expectPairs(kind, [p], body.slice(0, 500));
    }),
    options,
  ));

test("log-batch, all or nothing", { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(fc.array(metric, { maxLength: 3 }), fc.array(pair, { maxLength: 2 }), fc.array(pair, { maxLength: 3 }), async (metrics, params, tags) => {
      const list = (all: (Metric | Pair)[]) => say(`[${all.map((x) => object(x)).join(",")}]`, all);
      const body = object({ run_id: run(), metrics: list(metrics), params: list(params), tags: list(tags) });
      if (!(await send("runs/log-batch", body))) return;
      await expectMetrics(metrics, body);
      await expectPairs("params", params, body.slice(0, 500));
      await expectPairs("tags", tags, body.slice(0, 500));
    }),
    options,
  ));
