// Short words for the requests that several works send, and checks that several works make.
import { expect } from "./measure.mjs";

export const at = "/api/2.0/mlflow";
let serial = 0;

/** A new experiment of a name that was never used. @returns its id */
export async function newExperiment(server, what) {
  const { experiment_id } = await server.api.json("POST", `${at}/experiments/create`, { name: `bench-${what}-${Date.now()}-${serial++}` });
  return experiment_id;
}

/** @returns the run's info as the server gives it */
export async function newRun(server, experiment, extra = {}) {
  return (await server.api.json("POST", `${at}/runs/create`, { experiment_id: experiment, start_time: 1_700_000_000_000, ...extra })).run.info;
}

/** POST of a ready-made body that must be answered with 200. */
export async function post(connection, path, body) {
  const { status, body: answer } = await connection.send("POST", `${at}/${path}`, { body });
  if (status !== 200) throw new Error(`${path} on port ${connection.port}: ${status} ${answer.toString().slice(0, 400)}`);
  return answer;
}

/** All points of a metric, page by page. */
export async function history(server, run, key) {
  const points = [];
  for (let page; page !== ""; ) {
    const answer = await server.api.json("GET", `${at}/metrics/get-history?run_id=${run}&metric_key=${key}&max_results=25000${page ? `&page_token=${encodeURIComponent(page)}` : ""}`);
    points.push(...(answer.metrics ?? []));
    page = answer.next_page_token ?? "";
  }
  return points;
}

/** The stored points of a metric are exactly `count`, in order of their steps, each with the value that `valueAt(step)` was sent. */
export async function checkHistory(server, run, key, count, valueAt) {
  const points = await history(server, run, key);
  expect(points.length === count, `${server.name}: ${points.length} points of ${key} are stored where ${count} were acknowledged`);
  const steps = points.map((p) => Number(p.step ?? 0)).sort((a, b) => a - b);
  expect(steps.every((s, i) => s === i), `${server.name}: the steps of ${key} are not 0 to ${count - 1}`);
  const wrong = points.find((p) => p.value !== valueAt(Number(p.step ?? 0)));
  expect(!wrong, `${server.name}: ${key} at step ${wrong?.step} is ${wrong?.value}`);
}

export const getRun = async (server, run) => (await server.api.json("GET", `${at}/runs/get?run_id=${run}`)).run;
