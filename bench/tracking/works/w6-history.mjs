// w6: the history of a metric of 100,000 points: whole, in pages, and thinned out for charts.
import { compare, expect, timed } from "../measure.mjs";
import { seedHistories } from "../seed.mjs";
import { baseMs, pointOf } from "../shape.mjs";

const total = 100_000;
const rows = [
  { id: "w6-full", kind: "full", label: "history of 100,000 points in one answer", warm: false },
  { id: "w6-pages", kind: "pages", label: "history of 100,000 points in 20 pages of 5,000, all pages", rounds: 2, warm: false },
  { id: "w6-interval", kind: "interval", label: "bulk-interval: 320 of 100,000 points" },
  { id: "w6-interval-zoom", kind: "zoom", label: "bulk-interval: 320 points of a tenth of the steps" },
  { id: "w6-interval-10", kind: "ten", label: "bulk-interval: 10 runs of 10,000 points, 2,500 of each" },
].map((row) => ({ by: "p50", unit: "ms", ...row }));

export async function run(bench) {
  const stores = {};
  for (const name of bench.names) {
    stores[name] = {
      one: await seedHistories(bench, bench.servers[name], { name: "history of 100,000", runs: 1, points: total }),
      ten: await seedHistories(bench, bench.servers[name], { name: "history of 10 x 10,000", runs: 10, points: 10_000 }),
    };
  }
  for (const row of rows) {
    await compare(bench, row, (server) => {
      const { one, ten } = stores[server.name];
      return timed(server, { seconds: bench.readSeconds, send: (connection) => send[row.kind](server, connection, row.kind === "ten" ? ten : one) });
    });
  }
}

const get = async (connection, path) => {
  const { status, body } = await connection.send("GET", path);
  if (status !== 200) throw new Error(`${path.slice(0, 120)} on port ${connection.port}: ${status} ${body.toString().slice(0, 300)}`);
  return body;
};
const historyPath = (run, more = "") => `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=loss${more}`;
const interval = (runs, more) => `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${runs.map((r) => `run_ids=${r}`).join("&")}&metric_key=loss&${more}`;

const send = {
  full: async (server, connection, [run]) => {
    const bytes = await get(connection, historyPath(run));
    return () => checkPoints(server, JSON.parse(bytes.toString()).metrics, 0, total);
  },
  pages: async (server, connection, [run]) => {
    const pages = [];
    for (let token; token !== ""; ) {
      const page = JSON.parse((await get(connection, historyPath(run, `&max_results=5000${token ? `&page_token=${encodeURIComponent(token)}` : ""}`))).toString());
      pages.push(page.metrics);
      token = page.next_page_token ?? "";
    }
    return () => {
      expect(pages.length === 20, `${server.name}: ${pages.length} pages`);
      checkPoints(server, pages.flat(), 0, total);
    };
  },
  interval: async (server, connection, [run]) => {
    const bytes = await get(connection, interval([run], "max_results=320"));
    return () => checkSample(server, bytes, [run], 0, total - 1, 320);
  },
  zoom: async (server, connection, [run]) => {
    const bytes = await get(connection, interval([run], "max_results=320&start_step=40000&end_step=49999"));
    return () => checkSample(server, bytes, [run], 40_000, 49_999, 320);
  },
  ten: async (server, connection, runs) => {
    const bytes = await get(connection, interval(runs, "max_results=2500"));
    return () => checkSample(server, bytes, runs, 0, 9_999, 2500);
  },
};

/** Each point as it was stored, in the order of its steps. */
function checkPoints(server, points, from, count) {
  expect(points?.length === count, `${server.name}: ${points?.length} points came where ${count} are stored`);
  for (const [i, p] of points.entries()) checkPoint(server, p, from + i);
}

function checkPoint(server, p, step) {
  expect(Number(p.step ?? 0) === step && p.value === pointOf(step) && Number(p.timestamp) === baseMs + step && p.key === "loss", `${server.name}: at step ${step} stands ${JSON.stringify(p)}`);
}

/** Of each run: first and last point, about `count` in all, evenly spread, rising steps, values as stored. */
function checkSample(server, bytes, runs, first, last, count) {
  const { metrics } = JSON.parse(bytes.toString());
  for (const run of runs) {
    const points = metrics.filter((p) => p.run_id === run);
    const steps = points.map((p) => Number(p.step ?? 0));
    expect(points.length >= count * 0.98 && points.length <= count + 2, `${server.name}: ${points.length} points came where about ${count} were asked`);
    expect(steps[0] === first && steps.at(-1) === last, `${server.name}: the sample goes from ${steps[0]} to ${steps.at(-1)}`);
    const widest = ((last - first) / count) * 2 + 1;
    for (const [i, p] of points.entries()) {
      if (i > 0) expect(steps[i] > steps[i - 1] && steps[i] - steps[i - 1] <= widest, `${server.name}: step ${steps[i]} after ${steps[i - 1]}`);
      checkPoint(server, p, steps[i]);
    }
  }
}
