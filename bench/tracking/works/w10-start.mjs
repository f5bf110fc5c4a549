// w10: start, and what an idle server takes. Both have started once before, so their tables are there; PostgreSQL runs already.
import { compare } from "../measure.mjs";

const base = { by: "value", rounds: 2, warm: false };
const rows = [
  { ...base, id: "w10-cpu", what: "cpu", label: "start: processor time until quiet", unit: "s" },
  { ...base, id: "w10-wall", what: "wall", label: "start: wall until the first answer", unit: "s" },
  { ...base, id: "w10-pss", what: "pss", label: "idle after the start: memory (PSS)", unit: "MB" },
  { ...base, id: "w10-idle", what: "idle", label: "idle after the start: processor time per second", unit: "ms/s" },
];

export async function run(bench) {
  const seen = {};
  const times = Math.min(bench.rounds, base.rounds);
  for (let round = 0; round < times; round++) {
    for (const name of bench.names) {
      const server = bench.servers[name];
      await server.stop();
      const { wallMs, cpuMs } = await server.start();
      const { rss, pss, processes } = server.tree.memory();
      // Idle is what it takes for good: both tidy their memory once in the first half minute.
      if (!bench.isQuick) await new Promise((done) => setTimeout(done, 30_000));
      const idle = await server.measureIdle(bench.isQuick ? 4 : 20);
      const postgres = server.cluster.tree.memory();
      seen[`${name}/${round}`] = {
        cpu: { value: cpuMs / 1000 }, wall: { value: wallMs / 1000 },
        pss: { value: pss / 2 ** 20, note: `${processes} processes, RSS ${Math.round(rss / 2 ** 20)} MB; PostgreSQL ${Math.round(postgres.pss / 2 ** 20)} MB more` },
        idle: { value: Math.max(idle.server + idle.postgres, 0.5), note: `of which PostgreSQL ${idle.postgres.toFixed(1)}` },
      };
    }
  }
  for (const row of rows) await compare(bench, row, (server, round) => seen[`${server.name}/${round}`][row.what]);
}
