// The searches of w5 and of the scale work: requests, and answers as they must be.
import { expect } from "./measure.mjs";
import { filterOf, matching, metricNames, metricOf, nameOf, orderBy, paramNames, paramOf, startOf, tagsOf } from "./shape.mjs";
import { at } from "./tracking.mjs";

export const search = async (connection, request) => {
  const { status, body } = await connection.send("POST", `${at}/runs/search`, { body: JSON.stringify(request) });
  if (status !== 200) throw new Error(`search on port ${connection.port}: ${status} ${body.toString().slice(0, 400)}`);
  return body;
};

/**
 * The kinds of search over an experiment of `n` runs: `request(k)` is the k-th request, its text always another one; `wanted` the numbers
 * of the runs in the answer, in order.
 */
export function kinds(experiment, n) {
  const filtered = (k, more) => ({ experiment_ids: [experiment], filter: filterOf(k), order_by: orderBy, ...more });
  return {
    top: { request: (k) => filtered(k, { max_results: 100 }), wanted: () => matching(n).slice(0, 100) },
    1000: { request: (k) => filtered(k, { max_results: 1000 }), wanted: () => matching(n).slice(0, 1000) },
    newest: { request: (k) => ({ experiment_ids: [experiment], filter: `attributes.start_time > ${k}`, order_by: ["attributes.start_time DESC"], max_results: 100 }), wanted: () => Array.from({ length: 100 }, (_, i) => n - 1 - i) },
    tag: { request: (k) => ({ experiment_ids: [experiment], filter: `tags.uid = 'u-${tagged(n, k)}'`, max_results: 100 }), wanted: (k) => [tagged(n, k)] },
  };
}

const tagged = (n, k) => (k * 7919 + 13) % n;

/** A token for the page that begins behind the first `offset` runs of the filtered search, got by walking there. */
export async function deepToken(server, experiment, offset) {
  let token;
  for (let left = offset; left > 0; ) {
    const size = Math.min(left, 4800);
    const answer = JSON.parse((await search(server.api, { experiment_ids: [experiment], filter: filterOf(0), order_by: orderBy, max_results: size, ...(token ? { page_token: token } : {}) })).toString());
    expect(answer.runs?.length === size && answer.next_page_token, `${server.name}: no page behind ${offset - left + size} runs`);
    token = answer.next_page_token;
    left -= size;
  }
  return token;
}

export const deep = (experiment, n, offset, token) => ({
  request: () => ({ experiment_ids: [experiment], filter: filterOf(0), order_by: orderBy, max_results: 100, page_token: token }),
  wanted: () => matching(n).slice(offset, offset + 100),
});

/** @returns a function that takes answers and throws at the first wrong one; answers equal to a checked one byte by byte are right. */
export function checker(server, n, wanted) {
  let right;
  let rightList;
  return (bytes, k) => {
    const list = wanted(k);
    if (right && rightList === list.join() && right.equals(bytes)) return;
    const { runs = [] } = JSON.parse(bytes.toString());
    expect(runs.length === list.length, `${server.name}: ${runs.length} runs came where ${list.length} match`);
    for (const [at, i] of list.entries()) expect(runs[at].info.run_name === nameOf(i), `${server.name}: at place ${at} stands ${runs[at].info.run_name} instead of ${nameOf(i)}`);
    for (const at of new Set([0, list.length >> 1, list.length - 1])) checkRun(server, n, list[at], runs[at]);
    right = bytes;
    rightList = list.join();
  };
}

function checkRun(server, n, i, { info, data }) {
  const words = `${server.name}: run ${i} of ${n}`;
  expect(info.status === "FINISHED" && info.lifecycle_stage === "active" && Number(info.start_time) === startOf(i) && Number(info.end_time) === startOf(i) + 500, `${words} has the info ${JSON.stringify(info)}`);
  const metrics = new Map(data.metrics.map((m) => [m.key, m]));
  const params = new Map(data.params.map((p) => [p.key, p.value]));
  const tags = new Map(data.tags.map((t) => [t.key, t.value]));
  expect(metrics.size === 20 && params.size === 20 && tags.size === 6, `${words} has ${metrics.size} metrics, ${params.size} params, ${tags.size} tags`);
  for (const [j, name] of metricNames.entries()) expect(metrics.get(name)?.value === metricOf(n, i, j) && Number(metrics.get(name).step) === 10, `${words}: ${name} is ${JSON.stringify(metrics.get(name))}`);
  for (const [j, name] of paramNames.entries()) expect(params.get(name) === paramOf(i, j), `${words}: ${name} is ${params.get(name)}`);
  for (const [key, value] of [...tagsOf(i), ["mlflow.runName", nameOf(i)]]) expect(tags.get(key) === value, `${words}: the tag ${key} is ${tags.get(key)}`);
}
