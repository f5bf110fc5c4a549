// w8: listing a folder of 5,000 files, of a run and through the proxy, and a folder of one.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Connection } from "../http.mjs";
import { compare, expect, timed } from "../measure.mjs";
import { newExperiment, newRun } from "../tracking.mjs";

const count = 5000;
const rows = [
  { id: "w8-run", label: "list 5,000 files of a run", entries: count, folder: "many", isProxy: false },
  { id: "w8-proxy", label: "list 5,000 files through the proxy", entries: count, folder: "many", isProxy: true },
  { id: "w8-one", label: "list one file of a run", entries: 1, folder: "one", isProxy: false },
].map((row) => ({ by: "p50", unit: "ms", ...row }));

const nameOf = (i) => `file-${String(i).padStart(4, "0")}.txt`;
const textOf = (i) => `${"x".repeat((i % 50) + 1)}`;

export async function run(bench) {
  const runs = {};
  for (const name of bench.names) {
    const info = await newRun(bench.servers[name], await newExperiment(bench.servers[name], "w8"));
    const path = info.artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
    runs[name] = { id: info.run_id, path };
    await fill(bench.servers[name], path);
  }
  for (const row of rows) {
    await compare(bench, row, (server) => {
      const { id, path } = runs[server.name];
      const url = row.isProxy ? `/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(`${path}/${row.folder}`)}` : `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${row.folder}`;
      return timed(server, {
        seconds: bench.readSeconds,
        send: async (connection) => {
          const { status, body } = await connection.send("GET", url);
          return () => check(server, row, status, body);
        },
      });
    });
  }
}

/** MLflow's folder is written to the disk straight away: it keeps no records of artifacts. Flowbook does, so there each is sent. */
async function fill(server, path) {
  const files = [...Array.from({ length: count }, (_, i) => [`many/${nameOf(i)}`, textOf(i)]), ["one/only.txt", "x"]];
  if (server.name === "mlflow") {
    for (const folder of ["many", "one"]) mkdirSync(join(server.artifacts, path, folder), { recursive: true });
    for (const [name, text] of files) writeFileSync(join(server.artifacts, path, name), text);
    return;
  }
  let next = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const connection = new Connection(server);
      for (let file = files[next++]; file; file = files[next++]) {
        const { status } = await connection.send("PUT", `/api/2.0/mlflow-artifacts/artifacts/${path}/${file[0]}`, { body: file[1], type: "text/plain" });
        expect(status === 200, `${server.name}: PUT of ${file[0]} was answered with ${status}`);
      }
      connection.close();
    }),
  );
}

function check(server, row, status, body) {
  expect(status === 200, `${server.name}: the listing was answered with ${status} ${body.toString().slice(0, 300)}`);
  const { files = [] } = JSON.parse(body.toString());
  expect(files.length === row.entries, `${server.name}: ${files.length} files are listed where ${row.entries} are stored`);
  if (row.entries === 1) return;
  const found = new Map(files.map((f) => [f.path.split("/").at(-1), f]));
  for (let i = 0; i < count; i++) {
    const f = found.get(nameOf(i));
    expect(f && !f.is_dir && Number(f.file_size) === textOf(i).length, `${server.name}: ${nameOf(i)} is listed as ${JSON.stringify(f)}`);
  }
}
