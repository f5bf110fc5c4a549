/*
 * Stored runs and histories to search. They are written by SQL, as REST would take MLflow hours; what REST would have stored is what
 * stands there (the searches check that). A folder given by `--dir` keeps them for the next time.
 */
import pg from "pg";
import { baseMs, metricNames, pointOf, sqlMetrics, sqlParams, sqlPoint, sqlTags } from "./shape.mjs";
import { at, newRun } from "./tracking.mjs";

/** An experiment of `n` runs. @returns its id */
export async function seedRuns(bench, server, n) {
  return once(bench, server, `runs-${n}`, async (sql, experiment, location) => {
    const ids = `SELECT i, md5('run ${n} ' || i) AS id FROM generate_series(0, ${n - 1}) i`;
    await (server.name === "mlflow" ? mlflowRuns : flowbookRuns)(sql, { n, ids, experiment, location });
  });
}

async function mlflowRuns(sql, { n, ids, experiment, location }) {
  await sql.query(`INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
    SELECT id, 'run-' || i, 'UNKNOWN', '', '', 'bench', 'FINISHED', ${baseMs} + i * 1000::int8, ${baseMs} + i * 1000::int8 + 500, '', 'active', '${location}/' || id || '/artifacts', ${experiment} FROM (${ids}) r`);
  await sql.query(`INSERT INTO params (key, value, run_uuid) SELECT v.key, v.value, id FROM (${ids}) r, LATERAL (VALUES ${sqlParams()}) v(key, value)`);
  await sql.query(`INSERT INTO tags (key, value, run_uuid) SELECT v.key, v.value, id FROM (${ids}) r, LATERAL (VALUES ${sqlTags()}) v(key, value)`);
  for (const table of ["metrics", "latest_metrics"]) {
    await sql.query(`INSERT INTO ${table} (key, value, timestamp, step, is_nan, run_uuid) SELECT v.key, v.value, ${baseMs} + i * 1000::int8, 10, false, id FROM (${ids}) r, LATERAL (VALUES ${sqlMetrics(n)}) v(key, value)`);
  }
}

/** Flowbook's tables: runs by an integer, metric names by a dictionary, points packed (server/domain/runs/points.ts has the format). */
async function flowbookRuns(sql, { n, ids, experiment, location }) {
  await sql.query(`INSERT INTO "Run" (id, "experimentId", name, "userId", status, "startTimeMs", "endTimeMs", "artifactUri", revision)
    SELECT id, ${experiment}, 'run-' || i, 'bench', 'FINISHED', ${baseMs} + i * 1000::int8, ${baseMs} + i * 1000::int8 + 500, '${location}/' || id || '/artifacts', 2 FROM (${ids}) r ORDER BY i`);
  await sql.query(`CREATE TEMP TABLE made ON COMMIT DROP AS SELECT r.i, run.seq FROM (${ids}) r JOIN "Run" run ON run.id = r.id`);
  await sql.query(`INSERT INTO "Param" ("runSeq", key, value, "experimentId") SELECT seq, v.key, v.value, ${experiment} FROM made, LATERAL (VALUES ${sqlParams()}) v(key, value) ORDER BY i`);
  await sql.query(`INSERT INTO "Tag" ("runSeq", key, value, "experimentId") SELECT seq, v.key, v.value, ${experiment} FROM made, LATERAL (VALUES ${sqlTags()}) v(key, value) ORDER BY i`);
  await sql.query(`INSERT INTO "LatestMetric" ("runSeq", "keyId", "experimentId", step, "timestampMs", value)
    SELECT seq, k.id, ${experiment}, 10, ${baseMs} + i * 1000::int8, v.value FROM made, LATERAL (VALUES ${sqlMetrics(n)}) v(key, value) JOIN "MetricKey" k ON k.name = v.key ORDER BY i`);
  await sql.query(`INSERT INTO "MetricSegment" ("runSeq", "keyId", count, "firstStep", "lastStep", "minTimestampMs", "maxTimestampMs", points)
    SELECT "runSeq", "keyId", 1, step, step, "timestampMs", "timestampMs", int8send(step) || int8send("timestampMs") || float8send(value) FROM "LatestMetric" WHERE "experimentId" = ${experiment}`);
}

/** Runs with a metric `loss` of `points` steps each. @returns their ids */
export async function seedHistories(bench, server, { name, runs, points }) {
  const ids = [];
  const experiment = await once(bench, server, name, async (sql, id) => {
    for (let r = 0; r < runs; r++) {
      const { run_id } = await newRun(server, id, { run_name: `history ${r}` });
      if (server.name === "mlflow") await mlflowHistory(sql, run_id, points);
      else for (let from = 0; from < points; from += 1000) await server.api.json("POST", `${at}/runs/log-batch`, { run_id, metrics: batchOf(from) });
    }
  });
  const found = await server.api.json("POST", `${at}/runs/search`, { experiment_ids: [experiment], order_by: ["attributes.run_name ASC"] });
  ids.push(...found.runs.map((r) => r.info.run_id));
  return ids;
}

async function mlflowHistory(sql, run, points) {
  await sql.query(`INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT 'loss', ${sqlPoint}, ${baseMs} + s, s, false, '${run}' FROM generate_series(0::int8, ${points - 1}) s`);
  await sql.query(`INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics WHERE run_uuid = '${run}' AND key = 'loss' AND step = ${points - 1}`);
}

function batchOf(from) {
  return Array.from({ length: 1000 }, (_, i) => ({ key: "loss", value: pointOf(from + i), timestamp: baseMs + from + i, step: from + i }));
}

/** Fills an experiment once for each data folder; its tag tells that it is complete. Statistics and visibility maps are made at the end. */
async function once(bench, server, what, fill) {
  const name = `seed ${what}`;
  const found = await server.api.send("GET", `${at}/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`);
  if (found.status === 200) {
    const { experiment } = JSON.parse(found.body.toString());
    if (experiment.tags?.some((t) => t.key === "seeded")) return experiment.experiment_id;
    throw new Error(`${server.name}: the folder holds an unfinished '${name}'. Begin with another --dir.`);
  }
  const began = performance.now();
  const { experiment_id: id } = await server.api.json("POST", `${at}/experiments/create`, { name });
  const { experiment } = await server.api.json("GET", `${at}/experiments/get?experiment_id=${id}`);
  if (server.name === "flowbook") await nameMetrics(server, id);
  const sql = new pg.Client({ connectionString: server.cluster.url });
  await sql.connect();
  try {
    // Histories of Flowbook's come by REST, which must see the run: no transaction around those.
    const isWhole = !what.startsWith("history");
    if (isWhole) await sql.query("BEGIN");
    await fill(sql, id, experiment.artifact_location);
    if (isWhole) await sql.query("COMMIT");
    await sql.query("VACUUM (ANALYZE)");
  } finally {
    await sql.end();
  }
  await server.api.json("POST", `${at}/experiments/set-experiment-tag`, { experiment_id: id, key: "seeded", value: "yes" });
  await server.quiet({ mostMs: 20_000, windowMs: 500 });
  bench.say(`${server.name}: ${what} stored in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return id;
}

/** The dictionary of metric names is the server's own to fill: one run that logs each. */
async function nameMetrics(server, experiment) {
  const { experiment_id } = await server.api.json("POST", `${at}/experiments/create`, { name: `names of ${experiment}` });
  const { run_id } = await newRun(server, experiment_id);
  await server.api.json("POST", `${at}/runs/log-batch`, { run_id, metrics: metricNames.map((key) => ({ key, value: 0, timestamp: 1, step: 0 })) });
}
