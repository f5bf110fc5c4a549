import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun, deleteRun, logBatch, logInputs, updateRun } from ".";
import { findRuns, type SearchRunsInput } from "./search-runs";
import { usualTuning } from "./search-runs-statement";

/*
 * What the search finds against a plain evaluation in memory: filters of every shape, orders of every kind, pages while runs come
 * and go. The tight tuning takes a few runs for many, so that each way of the walk is gone.
 */

type Run = {
  id: string; experimentId: number; name: string; isDeleted: boolean; startTimeMs: number; endTimeMs: number | null; status: string; dataset?: string;
  metrics: Map<string, number>; params: Map<string, string>; tags: Map<string, string>;
};
type Node = { text: string; test: (run: Run) => boolean };
type Order = { text: string; isAscending: boolean; valueOf: (run: Run) => number | string | null };

let ctx: Ctx;
let experimentIds: number[];
const runs: Run[] = [];
const tunings = [usualTuning, { few: 3, heavyAt: 4, slack: 2 }];

/** Small and repeatable. */
let state = 7;
const below = (n: number) => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * n);
};
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

const numbers = [-1.5, 0, 0.1, 0.30000000000000004, 1, 1e300, Number.NaN];
const long = "x".repeat(127);
const texts = ["a", "A", "ab", "a_b", "a%b", "'", "é", `${long}é1`, `${long}é2`, `${long}é`];
const metricKeys = ["loss", "val/acc"];

async function addRun(): Promise<Run> {
  const experimentId = pick(experimentIds);
  const startTimeMs = pick([0, 10, 20, 30, 9_007_199_254_740]);
  const name = pick(texts);
  const { id } = await createRun(ctx, { experimentId, name, startTimeMs });
  const run: Run = { id, experimentId, name, isDeleted: false, startTimeMs, endTimeMs: null, status: "RUNNING", metrics: new Map(), params: new Map(), tags: new Map([["mlflow.runName", name]]) };
  for (const key of metricKeys) if (below(4) > 0) run.metrics.set(key, pick([0.1, 0.1, Number.NaN, pick(numbers)]));
  if (below(3) > 0) run.params.set("p", pick([pick(texts), "a", `${long}é1`, `${long}é2`]));
  if (below(2) > 0) run.params.set("q r", below(2) ? "a" : pick(texts));
  if (below(3) > 0) run.tags.set("t", pick(texts));
  await logBatch(ctx, {
    runId: id,
    metrics: [...run.metrics].map(([key, value]) => ({ key, value, step: 0, timestampMs: 1 })),
    params: [...run.params].map(([key, value]) => ({ key, value })),
    tags: [...run.tags].filter(([key]) => key === "t").map(([key, value]) => ({ key, value })),
  });
  if (below(3) === 0) {
    run.status = "FINISHED";
    run.endTimeMs = startTimeMs + below(3);
    await updateRun(ctx, { runId: id, status: "FINISHED", endTimeMs: run.endTimeMs });
  }
  if (below(5) === 0) {
    run.dataset = pick(["iris", "wine"]);
    await logInputs(ctx, { runId: id, datasets: [{ dataset: { name: run.dataset, digest: "d", sourceType: "local", source: "{}" }, tags: [{ key: "mlflow.data.context", value: "train" }] }] });
  }
  runs.push(run);
  return run;
}

async function removeRun(run: Run) {
  await deleteRun(ctx, { runId: run.id });
  run.isDeleted = true;
}

beforeAll(async () => {
  ctx = await aWorkspace();
  experimentIds = [(await createExperiment(ctx, { name: "one" })).experimentId, (await createExperiment(ctx, { name: "two" })).experimentId];
  for (let i = 0; i < 70; i++) await addRun();
  for (let i = 0; i < 8; i++) await removeRun(pick(runs));
}, 120_000);

const compareNumbers: Record<string, (a: number, b: number) => boolean> = {
  "=": (a, b) => a === b, "!=": (a, b) => a !== b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b,
};
const like = (flags: string) => (a: string, b: string) =>
  new RegExp(`^${[...b].map((c) => (c === "%" ? "[^]*" : c === "_" ? "[^]" : c.replace(/[\\^$.*+?()[\]{}|]/, "\\$&"))).join("")}$`, `u${flags}`).test(a);
const compareTexts: Record<string, (a: string, b: string) => boolean> = { "=": (a, b) => a === b, "!=": (a, b) => a !== b, LIKE: like(""), ILIKE: like("i") };

const numberOp = fc.constantFrom(...Object.keys(compareNumbers));
const textOp = fc.constantFrom(...Object.keys(compareTexts));
const text = fc.constantFrom(...texts.filter((t) => !t.includes("é")), "a%", "%b", "_", "zz");
const number = fc.constantFrom(...numbers.filter((n) => !Number.isNaN(n)), 0.2);
const quote = (value: string) => (value.includes("'") ? `"${value}"` : `'${value}'`);
const textNode = (name: string, op: string, value: string, of: (run: Run) => string | null | undefined): Node => ({
  text: `${name} ${op} ${quote(value)}`,
  test: (run) => {
    const own = of(run);
    return own !== null && own !== undefined && (compareTexts[op]?.(own, value) ?? false);
  },
});
const numberNode = (name: string, op: string, value: number, of: (run: Run) => number | null | undefined): Node => ({
  text: `${name} ${op} ${value}`,
  test: (run) => {
    const own = of(run);
    return own !== null && own !== undefined && (compareNumbers[op]?.(own, value) ?? false);
  },
});

const clause: fc.Arbitrary<Node> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...metricKeys, "never"), numberOp, number).map(([k, op, v]) => numberNode(`metrics.\`${k}\``, op, v, (r) => r.metrics.get(k))) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("p", "q r"), textOp, text).map(([k, op, v]) => textNode(`params.\`${k}\``, op, v, (r) => r.params.get(k))) },
  fc.tuple(textOp, text).map(([op, v]) => textNode("tags.t", op, v, (r) => r.tags.get("t"))),
  fc.tuple(textOp, text).map(([op, v]) => textNode("attributes.`run name`", op, v, (r) => r.name)),
  fc.constantFrom("RUNNING", "FINISHED").map((v) => textNode("status", "=", v, (r) => r.status)),
  fc.tuple(fc.constantFrom("start_time", "end_time"), numberOp, fc.constantFrom(0, 10, 20.5, 9_007_199_254_740)).map(([k, op, v]) => numberNode(k, op, v, (r) => (k === "start_time" ? r.startTimeMs : r.endTimeMs))),
  fc.constantFrom("IS NULL", "IS NOT NULL").map((op) => ({ text: `params.p ${op}`, test: (r: Run) => r.params.has("p") === (op === "IS NOT NULL") })),
  fc.constantFrom("iris", "wine").map((v) => textNode("dataset.name", "=", v, (r) => r.dataset)),
  fc.tuple(fc.constantFrom("IN", "NOT IN"), fc.array(fc.nat(69), { minLength: 1, maxLength: 4 })).map(([op, places]) => {
    const ids = places.map((i) => runs[i]?.id ?? "none");
    return { text: `run_id ${op} (${ids.map((id) => `'${id}'`).join(", ")})`, test: (r: Run) => ids.includes(r.id) === (op === "IN") };
  }),
);
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    clause,
    fc.tuple(fc.constantFrom("AND", "OR"), fc.array(tie("tree"), { minLength: 2, maxLength: 3 })).map(([op, parts]) => ({
      text: `(${parts.map((p) => p.text).join(` ${op} `)})`,
      test: (r: Run) => (op === "AND" ? parts.every((p) => p.test(r)) : parts.some((p) => p.test(r))),
    })),
    tie("tree").map((part) => ({ text: `NOT (${part.text})`, test: (r: Run) => !part.test(r) })),
  ),
}));
/** A key that is both filtered and ordered by has ways of its own. */
const onOrdered: fc.Arbitrary<Node> = fc.oneof(
  fc.tuple(numberOp, number).map(([op, v]) => numberNode("metrics.loss", op, v, (r) => r.metrics.get("loss"))),
  fc.tuple(textOp, text).map(([op, v]) => textNode("params.p", op, v, (r) => r.params.get("p"))),
  fc.constantFrom("IS NULL", "IS NOT NULL").map((op) => ({ text: `params.p ${op}`, test: (r: Run) => r.params.has("p") === (op === "IS NOT NULL") })),
);
/** Mostly as people write: some clauses by AND, without brackets. */
const filter: fc.Arbitrary<Node> = fc.oneof(
  tree,
  onOrdered,
  fc.array(tree, { maxLength: 3 }).map((parts) => ({ text: parts.map((p) => p.text).join(" AND "), test: (r: Run) => parts.every((p) => p.test(r)) })),
);

const order: fc.Arbitrary<Order[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom("metrics.loss", "metrics.loss", "metrics.`val/acc`", "metrics.never", "params.p", "params.p", "params.p", "tags.t", "start_time", "end_time", "run_name", "status", "run_id"), fc.boolean()), { maxLength: 3, selector: ([k]) => k })
  .map((keys) => keys.map(([key, isAscending]): Order => ({ text: `${key} ${isAscending ? "ASC" : "DESC"}`, isAscending, valueOf: (r) => valueOf(r, key) })));

function valueOf(run: Run, key: string): number | string | null {
  switch (key) {
    case "metrics.loss": return run.metrics.get("loss") ?? null;
    case "metrics.`val/acc`": return run.metrics.get("val/acc") ?? null;
    case "metrics.never": return null;
    case "params.p": return run.params.get("p") ?? null;
    case "tags.t": return run.tags.get("t") ?? null;
    case "start_time": return run.startTimeMs;
    case "end_time": return run.endTimeMs;
    case "run_name": return run.name;
    case "status": return run.status;
    default: return run.id;
  }
}

const rank = (v: number | string | null) => (v === null ? 2 : Number.isNaN(v) ? 1 : 0);
/** UTF-8's order, which is the database's. */
const compareValues = (a: number | string, b: number | string) => (typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : a < Number(b) ? -1 : a > Number(b) ? 1 : 0);

function inOrder(list: Run[], orders: Order[]): Run[] {
  return [...list].sort((a, b) => {
    for (const { isAscending, valueOf: of } of orders) {
      const [x, y] = [of(a), of(b)];
      if (rank(x) !== rank(y)) return rank(x) - rank(y);
      if (rank(x) > 0 || x === null || y === null) continue;
      const by = compareValues(x, y);
      if (by !== 0) return isAscending ? by : -by;
    }
    return b.startTimeMs - a.startTimeMs || (a.id < b.id ? -1 : 1);
  });
}

const views = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const;
const query = fc.record({
  filter, order, viewType: fc.constantFrom(...views), places: fc.constantFrom<number[]>([0], [1], [0, 1]), tuning: fc.constantFrom(...tunings), maxResults: fc.constantFrom(1, 3, 7, 1000),
});
const expected = (q: { filter: Node; order: Order[]; viewType: (typeof views)[number]; places: number[] }) =>
  inOrder(
    runs.filter((r) => q.places.some((i) => experimentIds[i] === r.experimentId) && (q.viewType === "ALL" || r.isDeleted === (q.viewType === "DELETED_ONLY")) && q.filter.test(r)),
    q.order,
  );
const toInput = (q: { filter: Node; order: Order[]; viewType: (typeof views)[number]; places: number[]; maxResults: number }): SearchRunsInput => ({
  experimentIds: q.places.map((i) => experimentIds[i] ?? -1), filter: q.filter.text, orderBy: q.order.map((o) => o.text), viewType: q.viewType, maxResults: q.maxResults,
});

test("a filter of any shape in any order finds what it says, page by page", async () => {
  await fc.assert(
    fc.asyncProperty(query, async (q) => {
      const wanted = expected(q).map((r) => r.id);
      const found: string[] = [];
      let pageToken: string | undefined;
      do {
        const page = await findRuns(ctx, { ...toInput(q), pageToken }, q.tuning);
        found.push(...page.rows.map((r) => r.id));
        pageToken = page.nextPageToken;
        expect(page.rows.length === q.maxResults || pageToken === undefined).toBe(true);
        // A thousand pages of one run each say no more than a dozen.
      } while (pageToken && found.length < q.maxResults * 12);
      expect(found).toEqual(pageToken ? wanted.slice(0, found.length) : wanted);
      if (pageToken) expect(wanted.length).toBeGreaterThan(found.length);
    }),
    { numRuns: 300 },
  );
}, 240_000);

test("while runs come and go, pages give each run that was there and stays exactly once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(query, async (q) => {
      const before = expected({ ...q, viewType: "ACTIVE_ONLY" });
      const found: string[] = [];
      let pageToken: string | undefined;
      do {
        const page = await findRuns(ctx, { ...toInput({ ...q, viewType: "ACTIVE_ONLY", maxResults: 9 }), pageToken }, q.tuning);
        found.push(...page.rows.map((r) => r.id));
        pageToken = page.nextPageToken;
        await addRun();
        const active = before.filter((r) => !r.isDeleted);
        if (active.length > 40) await removeRun(pick(active));
      } while (pageToken);
      const stayed = before.filter((r) => !r.isDeleted).map((r) => r.id);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((id) => stayed.includes(id))).toEqual(stayed);
    }),
    { numRuns: 15 },
  );
}, 240_000);

test("a token is refused with another query", async () => {
  const input = { experimentIds, maxResults: 2, orderBy: ["metrics.loss"] };
  const { nextPageToken: pageToken } = await findRuns(ctx, input);
  for (const other of [{ filter: "metrics.loss > 0" }, { orderBy: ["metrics.loss DESC"] }, { experimentIds: experimentIds.slice(0, 1) }, { viewType: "ALL" as const }]) {
    await expect(findRuns(ctx, { ...input, ...other, pageToken })).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("another search") });
  }
  expect((await findRuns(ctx, { ...input, maxResults: 5, experimentIds: [...experimentIds].reverse(), pageToken })).rows).toHaveLength(5);
});
