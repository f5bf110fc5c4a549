// scale: latency of searches over 100,000 runs, as a multiple of the same over 1,000. Flowbook alone: MLflow takes minutes for a round.
import { compare, median, timed } from "../measure.mjs";
import { checker, deep, deepToken, kinds, search } from "../searches.mjs";
import { seedRuns } from "../seed.mjs";

const sizes = [1000, 10_000, 100_000];
const rows = [
  { id: "scale-top", kind: "top", label: "p50 at 100k runs / at 1k: filter and order, 100 rows" },
  { id: "scale-deep", kind: "deep", label: "p50 at 100k runs / at 1k: pages by token behind a quarter, half and four fifths" },
  { id: "scale-newest", kind: "newest", label: "p50 at 100k runs / at 1k: newest 100" },
  { id: "scale-tag", kind: "tag", label: "p50 at 100k runs / at 1k: one run by a tag" },
].map((row) => ({ by: "value", unit: "×", ...row }));

export async function run(bench) {
  if (!bench.names.includes("flowbook")) return;
  const server = bench.servers.flowbook;
  const experiments = new Map();
  for (const n of sizes) experiments.set(n, await seedRuns(bench, server, n));
  const deeps = new Map();
  for (const n of sizes) {
    const pages = [];
    for (const share of [0.25, 0.5, 0.8]) {
      const offset = n * 0.6 * share;
      pages.push(deep(experiments.get(n), n, offset, await deepToken(server, experiments.get(n), offset)));
    }
    deeps.set(n, pages);
  }
  let serial = 0;
  for (const row of rows) {
    await compare(bench, row, async (one) => {
      if (one !== server) return undefined;
      const p50 = new Map(sizes.map((n) => [n, []]));
      // Short windows in turns: what the machine does besides meets all sizes.
      for (let turn = 0; turn < 3; turn++) {
        for (const n of sizes) {
          const list = row.kind === "deep" ? deeps.get(n) : [kinds(experiments.get(n), n)[row.kind]];
          const checks = list.map((kind) => checker(server, n, kind.wanted));
          const sample = await timed(server, {
            seconds: bench.readSeconds / 3,
            send: async (connection, _, at) => {
              const k = serial++;
              const bytes = await search(connection, list[at % list.length].request(k));
              return () => checks[at % list.length](bytes, k);
            },
          });
          p50.get(n).push(sample.p50);
        }
      }
      const [least, middle, most] = sizes.map((n) => median(p50.get(n)));
      return { value: most / least, note: `1k ${least.toFixed(2)}, 10k ${middle.toFixed(2)}, 100k ${most.toFixed(2)} ms` };
    });
  }
}
