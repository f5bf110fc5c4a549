// w4: log-batch of 100 params, 100 tags and 100 metrics, each into a run of its own (made beforehand), as a script logs its settings.
import { compare, expect, timed } from "../measure.mjs";
import { at, getRun, newExperiment, post } from "../tracking.mjs";
import { Connection } from "../http.mjs";

export const rows = [
  { id: "w4-c1", label: "log-batch of 100 params + 100 tags + 100 metrics, 1 client", unit: "req/s", by: "rate", clients: 1 },
  { id: "w4-c8", label: "log-batch of 100 params + 100 tags + 100 metrics, 8 clients", unit: "req/s", by: "rate", clients: 8 },
];

const pairs = (what) => Array.from({ length: 100 }, (_, i) => ({ key: `${what}_${i}`, value: `value ${i} of a ${what}` }));
const content = `"params":${JSON.stringify(pairs("param"))},"tags":${JSON.stringify(pairs("tag"))},"metrics":${JSON.stringify(Array.from({ length: 100 }, (_, i) => ({ key: `metric_${i}`, value: Math.sin(i), timestamp: 1_700_000_000_000 + i, step: i })))}`;

export async function run(bench) {
  for (const row of rows) {
    await compare(bench, row, async (server) => {
      const experiment = await newExperiment(server, row.id);
      const perSecond = server.name === "mlflow" ? 20 : 700;
      const runs = await manyRuns(server, experiment, Math.ceil(perSecond * bench.seconds));
      let next = 0;
      const used = [];
      const sample = await timed(server, {
        clients: row.clients, seconds: bench.seconds,
        send: async (connection) => {
          const run = runs[next++];
          if (!run) return false;
          await post(connection, "runs/log-batch", `{"run_id":"${run}",${content}}`);
          used.push(run);
        },
      });
      expect(used.length === sample.operations, `${server.name}: ${used.length} of ${sample.operations}`);
      for (const run of [used[0], used[used.length >> 1], used[used.length - 1]]) await check(server, run);
      await countAll(server, experiment, used.length);
      return sample;
    });
  }
}

async function manyRuns(server, experiment, count) {
  const ids = [];
  let left = count;
  const connections = Array.from({ length: 8 }, () => new Connection(server));
  await Promise.all(
    connections.map(async (connection) => {
      while (left-- > 0) ids.push(/"run_id": ?"([0-9a-f]{32})"/.exec((await post(connection, "runs/create", `{"experiment_id":"${experiment}","start_time":1700000000000}`)).toString())[1]);
      connection.close();
    }),
  );
  return ids;
}

async function check(server, run) {
  const { data } = await getRun(server, run);
  for (const what of ["param", "tag"]) {
    const found = new Map(data[`${what}s`].map((p) => [p.key, p.value]));
    for (const { key, value } of pairs(what)) expect(found.get(key) === value, `${server.name}: ${key} of run ${run} is ${found.get(key)}`);
  }
  const metrics = new Map(data.metrics.map((m) => [m.key, m]));
  for (let i = 0; i < 100; i++) expect(metrics.get(`metric_${i}`)?.value === Math.sin(i) && Number(metrics.get(`metric_${i}`).step) === i, `${server.name}: metric_${i} of run ${run} is wrong`);
}

/** As many runs have the last of each kind as were acknowledged. */
async function countAll(server, experiment, count) {
  const filter = "params.param_99 = 'value 99 of a param' AND tags.tag_99 = 'value 99 of a tag' AND metrics.metric_99 < 0";
  let found = 0;
  for (let page; page !== ""; ) {
    const answer = await server.api.json("POST", `${at}/runs/search`, { experiment_ids: [experiment], filter, max_results: 200, ...(page ? { page_token: page } : {}) });
    found += answer.runs?.length ?? 0;
    page = answer.next_page_token ?? "";
  }
  expect(found === count, `${server.name}: ${found} runs hold their batch where ${count} were acknowledged`);
}
