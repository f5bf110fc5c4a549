// w1: create a run and end it.
import { compare, expect, timed } from "../measure.mjs";
import { at, newExperiment, post } from "../tracking.mjs";

export const rows = [
  { id: "w1-c1", label: "create + end a run, 1 client", unit: "pairs/s", by: "rate", clients: 1 },
  { id: "w1-c16", label: "create + end a run, 16 clients", unit: "pairs/s", by: "rate", clients: 16 },
];

export async function run(bench) {
  for (const row of rows) {
    await compare(bench, row, async (server) => {
      const experiment = await newExperiment(server, row.id);
      const created = [];
      const sample = await timed(server, {
        clients: row.clients, seconds: bench.seconds,
        send: async (connection, client, n) => {
          const made = await post(connection, "runs/create", `{"experiment_id":"${experiment}","run_name":"run ${client}-${n}","start_time":1700000000000,"tags":[{"key":"mlflow.user","value":"bench"},{"key":"n","value":"${n}"}]}`);
          const id = /"run_id": ?"([0-9a-f]{32})"/.exec(made.toString())?.[1];
          await post(connection, "runs/update", `{"run_id":"${id}","status":"FINISHED","end_time":${1_700_000_001_000 + n}}`);
          created.push({ id, client, n });
        },
      });
      await check(server, experiment, created);
      return sample;
    });
  }
}

/** Every acknowledged run is there once, ended, with its name, its times and its tags. */
async function check(server, experiment, created) {
  const stored = new Map();
  for (let page; page !== ""; ) {
    const answer = await server.api.json("POST", `${at}/runs/search`, { experiment_ids: [experiment], max_results: 5000, ...(page ? { page_token: page } : {}) });
    for (const r of answer.runs ?? []) stored.set(r.info.run_id, r);
    page = answer.next_page_token ?? "";
  }
  expect(stored.size === created.length, `${server.name}: ${stored.size} runs are stored where ${created.length} were acknowledged`);
  for (const { id, client, n } of created) {
    const r = stored.get(id);
    const isRight = r?.info.status === "FINISHED" && r.info.run_name === `run ${client}-${n}` && Number(r.info.end_time) === 1_700_000_001_000 + n && r.data.tags.some((t) => t.key === "n" && t.value === String(n));
    expect(isRight, `${server.name}: run ${id} is not as it was sent: ${JSON.stringify(r)}`);
  }
}
