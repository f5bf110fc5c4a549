/*
 * What a page of a run search costs among 1,000, 10,000 and 100,000 runs, and which statements it takes.
 *
 *   npx tsx scripts/dev-db.ts /tmp/bench/db --push          # prints DATABASE_URL; leave it running
 *   DATABASE_URL=… npx tsx bench/search-scale.ts [--runs 1000,10000,100000] [--times 60] [--only few] [--analyze]
 *
 * Each size has a database of its own, made once: one experiment, 20 metrics, 20 params and 5 tags a run, written by SQL. The
 * domain's verb is called in this process, so the figures hold no HTTP; ready-made JSON of runs is in place after the first round.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import pg from "pg";
import { connect } from "@/server/db";
import { searchRunsAsJson } from "@/server/domain/runs";
import type { Ctx } from "@/server/ctx";

const options = process.argv.slice(2);
const url = process.env.DATABASE_URL ?? "";
const option = (name: string) => options[options.indexOf(name) + 1];
if (!url.startsWith("postgres")) throw new Error("Set DATABASE_URL to what scripts/dev-db.ts prints.");
const sizes = (options.includes("--runs") ? (option("--runs") ?? "") : "1000,10000,100000").split(",").map(Number);
const times = options.includes("--times") ? Number(option("--times")) : 60;

type Query = { name: string; filter?: string; orderBy?: string[]; maxResults?: number; deep?: boolean };
const filter = "metrics.m1 > 0.4 AND params.p0 != '0.1'";
const queries: Query[] = [
  { name: "newest 100" },
  { name: "newest 100, deep page", deep: true },
  { name: "filter by metric and param, order by metric", filter, orderBy: ["metrics.m2 DESC"] },
  { name: "the same, deep page", filter, orderBy: ["metrics.m2 DESC"], deep: true },
  { name: "the same with OR, NOT and brackets", filter: "(metrics.m1 > 0.4 OR tags.group = 'g7') AND NOT params.p0 = '0.1'", orderBy: ["metrics.m2 DESC"] },
  { name: "order by metric, unfiltered", orderBy: ["metrics.m2 ASC"] },
  { name: "order by a metric that all share", orderBy: ["metrics.same DESC"] },
  { name: "metric above a bound, in its order", filter: "metrics.m1 > 0.5", orderBy: ["metrics.m1 ASC"] },
  { name: "one by tag", filter: "tags.one = 't500'" },
  { name: "one by name", filter: "run_name = 'run-500'" },
  { name: "few by metric range (1 in 100)", filter: "metrics.m3 < 0.01", orderBy: ["metrics.m2 DESC"] },
  { name: "none by two params", filter: "params.p1 = 'value-7' AND params.p2 = 'value-7'" },
  { name: "1000 rows, filter and order", filter, orderBy: ["metrics.m2 DESC"], maxResults: 1000 },
  { name: "order by a param", orderBy: ["params.p1 ASC"] },
  { name: "order by run name (sorts all)", orderBy: ["run_name ASC"] },
  { name: "LIKE that few pass (reads all)", filter: "params.p1 LIKE '%-72'" },
];

const base = url.slice(0, url.lastIndexOf("/"));
const results = new Map<string, string[]>();
for (const size of sizes) {
  const name = `search_${size}`;
  await seed(name, size);
  const clients = connect(`${base}/${name}`);
  (globalThis as { flowbookClients?: unknown }).flowbookClients = clients;
  if (options.includes("--analyze")) await clients.sql.query("VACUUM ANALYZE");
  const ctx: Ctx = { actor: { kind: "open", role: "owner" }, workspaceId: "wsp_bench", db: clients.db, sql: clients.sql, now: () => new Date() };
  for (const q of queries.filter((all) => !options.includes("--only") || all.name.includes(option("--only") ?? ""))) {
    const input = { experimentIds: [1], filter: q.filter, orderBy: q.orderBy, maxResults: q.maxResults ?? 100 };
    let pageToken: string | undefined;
    if (q.deep) for (let page = 0; page < 4; page++) ({ nextPageToken: pageToken } = await searchRunsAsJson(ctx, { ...input, pageToken }));
    for (let i = 0; i < 8; i++) await searchRunsAsJson(ctx, { ...input, pageToken });
    const ms: number[] = [];
    const cpuBefore = await cpuMs(clients.sql);
    let rows = 0;
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      rows = (await searchRunsAsJson(ctx, { ...input, pageToken })).runs.length;
      ms.push(performance.now() - start);
    }
    ms.sort((a, b) => a - b);
    const cpu = ((await cpuMs(clients.sql)) - cpuBefore) / times;
    results.set(q.name, [...(results.get(q.name) ?? []), `${ms[times >> 1]?.toFixed(1)} ms, cpu ${cpu.toFixed(1)} (${rows})`]);
  }
  await clients.db.$disconnect();
  await clients.sql.end();
  await clients.walkSql.end();
}
process.stdout.write(`| search | ${sizes.join(" | ")} |\n|---|${sizes.map(() => "---|").join("")}\n`);
for (const [name, cells] of results) process.stdout.write(`| ${name} | ${cells.join(" | ")} |\n`);

/** Processor time of this process and of the database's connections, in ms. */
async function cpuMs(sql: pg.Pool): Promise<number> {
  const { rows } = await sql.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE datname = current_database()");
  const ticks = rows.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  const { user, system } = process.cpuUsage();
  return ticks.reduce((a, b) => a + b, 0) * 10 + (user + system) / 1000;
}

async function seed(name: string, size: number): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const { rowCount } = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
  if (!rowCount) await admin.query(`CREATE DATABASE ${name} TEMPLATE ${new URL(url).pathname.slice(1)}`);
  await admin.end();
  if (rowCount) return;
  const client = new pg.Client({ connectionString: `${base}/${name}` });
  await client.connect();
  await client.query(`SELECT setseed(0.42);
    INSERT INTO "Workspace"(id, slug, name) VALUES ('wsp_bench', 'bench', 'Bench');
    INSERT INTO "Experiment"(id, "workspaceId", name, "artifactLocation", "creationTimeMs", "lastUpdateTimeMs") VALUES (1, 'wsp_bench', 'bench', 'mlflow-artifacts:/1', 0, 0);
    INSERT INTO "Run"(id, "experimentId", name, status, "startTimeMs", "endTimeMs", "artifactUri", "userId", revision)
      SELECT md5('run' || g), 1, 'run-' || g, 'FINISHED', 1700000000000 + g * 1000, 1700000000500 + g * 1000, 'mlflow-artifacts:/1/' || md5('run' || g) || '/artifacts', 'ada', 1 FROM generate_series(1, ${size}) g;
    INSERT INTO "MetricKey"(name) SELECT 'm' || k FROM generate_series(0, 18) k UNION ALL SELECT 'same';
    INSERT INTO "LatestMetric"("runSeq", "keyId", "experimentId", step, "timestampMs", value)
      SELECT r.seq, k.id, 1, 10, r."startTimeMs", CASE WHEN k.name = 'same' THEN 1 ELSE random() END FROM "Run" r, "MetricKey" k ORDER BY r.seq, k.id;
    INSERT INTO "Param"("runSeq", key, value, "experimentId")
      SELECT r.seq, 'p' || k, CASE WHEN k = 0 THEN (ARRAY['0.1', '0.01', '0.001', '1e-4', '1e-5'])[1 + (r.seq % 5)] ELSE 'value-' || ((r.seq * (k + 7)) % 1000) END, 1 FROM "Run" r, generate_series(0, 19) k ORDER BY r.seq, 2;
    INSERT INTO "Tag"("runSeq", key, value, "experimentId")
      SELECT r.seq, v.key, v.value, 1 FROM "Run" r, LATERAL (VALUES ('mlflow.runName', r.name), ('mlflow.user', 'ada'), ('mlflow.source.name', 'train.py'), ('group', 'g' || (r.seq % 97)), ('one', 't' || r.seq)) v(key, value) ORDER BY r.seq, 2;
    CREATE INDEX IF NOT EXISTS "Param_experimentId_key_value_idx" ON "Param" ("experimentId", key, left(value, 128), "runSeq");
    CREATE INDEX IF NOT EXISTS "Tag_experimentId_key_value_idx" ON "Tag" ("experimentId", key, left(value, 128), "runSeq")`);
  await client.end();
}
