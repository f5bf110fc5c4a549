import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { createExperiment, deleteExperiment, searchExperiments } from ".";

let ctx: Ctx;
const ids = new Map<string, number>();
/** Two experiments of each moment, so that ties are there. */
const add = async (name: string, atMs: number, tags: Record<string, string> = {}) => {
  const { experimentId } = await createExperiment({ ...ctx, now: () => new Date(atMs) }, { name, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) });
  ids.set(name, experimentId);
};

beforeAll(async () => {
  ctx = await aWorkspace();
  for (const [i, name] of ["b", "a", "C", "d_1", "d%2", "é"].entries()) await add(name, 1000 * (i >> 1), i % 2 ? { team: "x" } : {});
});

const names = async (input: Parameters<typeof searchExperiments>[1]) => (await searchExperiments(ctx, input)).experiments.map((e) => e.name);

test.each([
  ["name = 'a'", ["a"]],
  ["name LIKE 'd_1'", ["d_1"]],
  ["name ILIKE 'c'", ["C"]],
  ["tags.team = 'x' AND creation_time >= 1000", ["d_1", "é"]],
  ["tags.team IS NULL", ["C", "b", "d%2"]],
  ["creation_time < 99999999999999999999", ["C", "a", "b", "d%2", "d_1", "é"]],
])("%s finds %j", async (filter, found) => {
  expect(await names({ filter, orderBy: ["name"] })).toEqual(found);
});

test("ids are compared as numbers", async () => {
  const [a, b] = [ids.get("a"), ids.get("b")];
  expect(await names({ filter: `experiment_id IN ('0${a}', '${b}')`, orderBy: ["name"] })).toEqual(["a", "b"]);
  expect(await names({ filter: `experiment_id = '${a}'` })).toEqual(["a"]);
});

test.each([
  ["name = 'a' OR name = 'b'", "Invalid clause(s) in filter string: 'OR'"],
  ["NOT name = 'a'", "Invalid clause(s) in filter string: 'NOT'"],
  ["(name = 'a')", "Invalid clause(s) in filter string: '('"],
  ["name IN ('a')", "Only ['experiment_id'] attributes support comparison with a list of quoted string values."],
  ["name IS NULL", "IS NULL / IS NOT NULL is only supported for tags, not for 'attribute' 'name'"],
  ["attr.name = 'a'", "Invalid entity type 'attr'. Valid entity types are ('attribute', 'tag', 'tags')"],
  ["experiment_id = 'abc'", "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."],
  ["creation_time > 1.5", "Invalid value for numeric attribute 'creation_time': '1.5'"],
])("%s is refused in MLflow's words", async (filter, message) => {
  await expect(searchExperiments(ctx, { filter })).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining(message) });
});

test("pages give each experiment that was there once, in order, while others come and go", async () => {
  for (const orderBy of [undefined, ["name DESC"], ["last_update_time"], ["experiment_id"]]) {
    const before = await names({ orderBy });
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await searchExperiments(ctx, { orderBy, maxResults: 2, pageToken });
      found.push(...page.experiments.map((e) => e.name));
      pageToken = page.nextPageToken;
      const name = `new ${ids.size}`;
      await add(name, 500 * (ids.size % 5));
    } while (pageToken);
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((n) => before.includes(n))).toEqual(before);
  }
  const gone = ids.get("b") as number;
  const first = await searchExperiments(ctx, { orderBy: ["name"], maxResults: 5 });
  await deleteExperiment(ctx, { experimentId: gone });
  const second = await searchExperiments(ctx, { orderBy: ["name"], maxResults: 1000, pageToken: first.nextPageToken });
  expect([...first.experiments, ...second.experiments].map((e) => e.name).filter((n) => ["C", "a", "d_1", "d%2", "é"].includes(n))).toEqual(["C", "a", "d%2", "d_1", "é"]);
});
