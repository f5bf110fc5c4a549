/*
 * The stored runs that searches meet: 20 metrics, 20 params, 5 tags (and mlflow.runName) each, all ended. Every value follows from the
 * run's number, in JavaScript and in SQL alike, so each answer can be told beforehand. A metric takes N different values: no order has ties.
 */
export const metricNames = Array.from({ length: 20 }, (_, j) => `metric_${String(j).padStart(2, "0")}`);
export const paramNames = ["optimizer", ...Array.from({ length: 19 }, (_, j) => `param_${String(j + 1).padStart(2, "0")}`)];
/** Primes that no power of ten holds. */
const factors = [7919, 104729, 1299709, 15485863, 3, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61];
export const baseMs = 1_700_000_000_000;

export const metricOf = (n, i, j) => (((i * factors[j]) % n) + 0.5) / n;
export const paramOf = (i, j) => (j === 0 ? (i % 5 === 0 ? "sgd" : "adam") : `v${(i * (j + 3)) % 10}`);
export const tagsOf = (i) => [["uid", `u-${i}`], ...[1, 2, 3, 4].map((k) => [`tag_${k}`, `t${(i * k) % 7}`])];
export const startOf = (i) => baseMs + i * 1000;
export const nameOf = (i) => `run-${i}`;

/** The same in SQL, for run number `i` of `n`: lists of `('name', value)`. */
export const sqlMetrics = (n) => metricNames.map((name, j) => `('${name}', (((i::int8 * ${factors[j]}) % ${n})::float8 + 0.5) / ${n}::float8)`).join(", ");
export const sqlParams = () => paramNames.map((name, j) => `('${name}', ${j === 0 ? "CASE WHEN i % 5 = 0 THEN 'sgd' ELSE 'adam' END" : `'v' || (i::int8 * ${j + 3}) % 10`})`).join(", ");
export const sqlTags = () => `('uid', 'u-' || i), ('mlflow.runName', 'run-' || i), ${[1, 2, 3, 4].map((k) => `('tag_${k}', 't' || (i::int8 * ${k}) % 7)`).join(", ")}`;

/** The filtered search: three fifths of the runs, by metric_00 downwards. `n` varies the text, not the answer, so that no cache of answers helps. */
export const filterOf = (n) => `metrics.metric_01 > ${(0.25 + (n % 4000) * 1e-9).toFixed(9)} AND params.optimizer = 'adam'`;
export const orderBy = ["metrics.metric_00 DESC"];

const known = new Map();
/** The numbers of the runs that the filtered search finds, in order. */
export function matching(n) {
  if (!known.has(n)) {
    const all = [];
    for (let i = 0; i < n; i++) if (metricOf(n, i, 1) > 0.25 && paramOf(i, 0) === "adam") all.push(i);
    known.set(n, all.sort((a, b) => metricOf(n, b, 0) - metricOf(n, a, 0)));
  }
  return known.get(n);
}

/** A long metric history: distinct fractions, told from the step. */
export const pointOf = (step) => ((step * 7919) % 100_003) / 100_003;
export const sqlPoint = "((s * 7919) % 100003)::float8 / 100003::float8";
