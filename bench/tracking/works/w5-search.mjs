// w5: runs/search over experiments of 1,000 and 10,000 runs.
import { compare, timed } from "../measure.mjs";
import { checker, deep, deepToken, kinds, search } from "../searches.mjs";
import { seedRuns } from "../seed.mjs";
import { filterOf, matching, orderBy } from "../shape.mjs";

const rows = [
  { id: "w5-1k-top", n: 1000, rounds: 2, kind: "top", label: "search 1k runs: filter and order by metrics and a param, 100 rows" },
  { id: "w5-1k-1000", n: 1000, rounds: 2, kind: "1000", label: "search 1k runs: the same, all 600 that match" },
  { id: "w5-1k-newest", n: 1000, rounds: 2, kind: "newest", label: "search 1k runs: newest 100" },
  { id: "w5-1k-tag", n: 1000, rounds: 2, kind: "tag", label: "search 1k runs: one run by a tag" },
  { id: "w5-10k-walk", n: 10_000, kind: "walk", label: "search 10k runs: pages of 100 by token, each read for the first time", rounds: 1, warm: false },
  { id: "w5-10k-top", n: 10_000, kind: "top", label: "search 10k runs: filter and order, 100 rows" },
  { id: "w5-10k-deep", n: 10_000, kind: "deep", label: "search 10k runs: the page behind the first 4,800 by token" },
  { id: "w5-10k-1000", n: 10_000, kind: "1000", label: "search 10k runs: 1,000 rows" },
  { id: "w5-10k-newest", n: 10_000, kind: "newest", label: "search 10k runs: newest 100" },
  { id: "w5-10k-tag", n: 10_000, kind: "tag", label: "search 10k runs: one run by a tag" },
  { id: "w5-10k-c8", n: 10_000, kind: "top", label: "search 10k runs: filter and order, 100 rows, 8 clients", clients: 8, by: "rate", unit: "req/s" },
].map((row) => ({ by: "p50", unit: "ms", ...row }));

export async function run(bench) {
  const experiments = {};
  for (const name of bench.names) for (const n of [1000, 10_000]) experiments[`${name}/${n}`] = await seedRuns(bench, bench.servers[name], n);
  const tokens = {};
  for (const row of rows) {
    if (row.kind === "deep") for (const name of bench.names) tokens[name] = await deepToken(bench.servers[name], experiments[`${name}/${row.n}`], 4800);
    let serial = 0;
    await compare(bench, row, (server) => {
      const experiment = experiments[`${server.name}/${row.n}`];
      if (row.kind === "walk") return walk(bench, server, experiment, row.n);
      const kind = row.kind === "deep" ? deep(experiment, row.n, 4800, tokens[server.name]) : kinds(experiment, row.n)[row.kind];
      const check = checker(server, row.n, kind.wanted);
      return timed(server, {
        clients: row.clients, seconds: bench.readSeconds,
        send: async (connection) => {
          const k = serial++;
          const bytes = await search(connection, kind.request(k));
          return () => check(bytes, k);
        },
      });
    });
  }
}

/** Page after page of the filtered search, none of which was asked for before. */
async function walk(bench, server, experiment, n) {
  let token;
  const wanted = matching(n);
  return timed(server, {
    seconds: bench.readSeconds * 2, most: wanted.length / 100,
    send: async (connection, _, page) => {
      const bytes = await search(connection, { experiment_ids: [experiment], filter: filterOf(1), order_by: orderBy, max_results: 100, ...(token ? { page_token: token } : {}) });
      return () => {
        token = JSON.parse(bytes.toString()).next_page_token;
        checker(server, n, () => wanted.slice(page * 100, page * 100 + 100))(bytes, 0);
      };
    },
  });
}
