// w7: artifacts through the proxy: small ones one after the other, and a big one.
import { execFileSync } from "node:child_process";
import { watchGrowth } from "../cpu.mjs";
import { Connection } from "../http.mjs";
import { charged, compare, expect, timed } from "../measure.mjs";
import { newExperiment, newRun } from "../tracking.mjs";

const small = [
  { id: "w7-put-c1", verb: "PUT", clients: 1, label: "PUT of 1 KB, 1 client" },
  { id: "w7-put-c8", verb: "PUT", clients: 8, label: "PUT of 1 KB, 8 clients" },
  { id: "w7-get-c1", verb: "GET", clients: 1, label: "GET of 1 KB, 1 client" },
  { id: "w7-get-c8", verb: "GET", clients: 8, label: "GET of 1 KB, 8 clients" },
].map((row) => ({ by: "rate", unit: "req/s", ...row }));

const kept = 200;
/** 1 KB that names its file, so that no two are alike. */
const textOf = (name) => Buffer.from(`${name}\n`.repeat(Math.ceil(1024 / (name.length + 1))).slice(0, 1024));

export async function run(bench) {
  for (const row of small) {
    await compare(bench, row, async (server) => {
      const folder = await newFolder(server, row.id);
      if (row.verb === "GET") for (let i = 0; i < kept; i++) await put(server.api, `${folder}/kept-${i}.txt`, textOf(`kept-${i}`));
      const sample = await timed(server, {
        clients: row.clients, seconds: bench.readSeconds,
        send: async (connection, client, n) => {
          if (row.verb === "PUT") return put(connection, `${folder}/${client}-${n}.txt`, textOf(`${client}-${n}`));
          const name = `kept-${(n * 7 + client) % kept}`;
          const { status, body } = await connection.send("GET", `${folder}/${name}.txt`);
          expect(status === 200 && body.equals(textOf(name)), `${server.name}: ${name}.txt came with ${status} and ${body.length} bytes`);
        },
      });
      if (row.verb === "PUT") await checkStored(server, folder, sample.counts);
      return sample;
    });
  }
  await big(bench);
}

/** The proxy's address of a new run's artifacts. */
async function newFolder(server, what) {
  const { artifact_uri } = await newRun(server, await newExperiment(server, what));
  const path = /^mlflow-artifacts:\/(?:\/[^/]*\/)?(.+)$/.exec(artifact_uri)?.[1];
  expect(path, `${server.name}: the artifact URI is ${artifact_uri}`);
  return `/api/2.0/mlflow-artifacts/artifacts/${path}`;
}

async function put(connection, path, body) {
  const { status, body: answer } = await connection.send("PUT", path, { body, type: "text/plain" });
  if (status !== 200) throw new Error(`PUT ${path} on port ${connection.port}: ${status} ${answer.toString().slice(0, 300)}`);
}

async function checkStored(server, folder, counts) {
  for (const [client, count] of counts.entries()) {
    for (const n of [0, count >> 1, count - 1]) {
      const { status, body } = await server.api.send("GET", `${folder}/${client}-${n}.txt`);
      expect(status === 200 && body.equals(textOf(`${client}-${n}`)), `${server.name}: ${client}-${n}.txt is not as it was sent`);
    }
  }
  const { files } = await server.api.json("GET", `/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(folder.split("/artifacts/").slice(1).join("/artifacts/"))}`);
  const sum = counts.reduce((a, b) => a + b, 0);
  expect(files?.length === sum, `${server.name}: ${files?.length} files are listed where ${sum} were acknowledged`);
}

const megabyte = 2 ** 20;

/** Chunk number `n` of a big file: noise that differs from chunk to chunk. */
const noise = Buffer.alloc(megabyte);
for (let i = 0, x = 12_345; i < megabyte; i += 4) {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  noise.writeInt32LE(x, i);
}
let last = { n: -1, chunk: noise };
function chunkOf(n) {
  if (last.n === n) return last.chunk;
  const chunk = Buffer.from(noise);
  chunk.writeUInt32LE(n, 0);
  chunk.writeUInt32LE(n, megabyte - 4);
  last = { n, chunk };
  return chunk;
}

async function big(bench) {
  const megabytes = bench.isQuick ? 64 : 512;
  const files = {};
  for (const name of bench.names) files[name] = `${await newFolder(bench.servers[name], "w7-big")}/big.bin`;
  const base = { by: "rate", unit: "MB/s", warm: false };
  await compare(bench, { ...base, id: "w7-put-big", label: `PUT of ${megabytes} MB` }, async (server, round) => {
    if (round > 0) await server.api.send("DELETE", files[server.name]);
    flushDisk();
    return transfer(server, megabytes, async (connection) => {
      const { status, body } = await connection.send("PUT", files[server.name], {
        type: "application/octet-stream", length: megabytes * megabyte,
        stream: async (write) => {
          for (let n = 0; n < megabytes; n++) await write(chunkOf(n));
        },
      });
      expect(status === 200, `${server.name}: the upload was answered with ${status} ${body.toString().slice(0, 300)}`);
    });
  });
  await compare(bench, { ...base, id: "w7-get-big", label: `GET of ${megabytes} MB` }, (server) => {
    flushDisk();
    return transfer(server, megabytes, async (connection) => {
      let offset = 0;
      let isRight = true;
      const { status } = await connection.send("GET", files[server.name], {
        onBody: (bytes) => {
          isRight &&= isAt(bytes, offset);
          offset += bytes.length;
        },
      });
      expect(status === 200 && offset === megabytes * megabyte && isRight, `${server.name}: the download came with ${status}, ${offset} bytes, ${isRight ? "right" : "wrong"} content`);
    });
  });
  for (const name of bench.names) await bench.servers[name].api.send("DELETE", files[name]);
}

async function transfer(server, megabytes, work) {
  const connection = new Connection(server);
  try {
    const { result: cost, growth } = await watchGrowth(server.tree, () => charged(server, () => work(connection)));
    return { operations: 1, rate: (megabytes * 1000) / cost.wallMs, cpuMs: cost.cpuMs, cpuServerMs: cost.cpuServerMs, cpuPostgresMs: cost.cpuPostgresMs, growth };
  } finally {
    connection.close();
  }
}

/** Whether these bytes are what stands at `offset` of the big file; by comparing memory, as hashing would cost more than the transfer. */
function isAt(bytes, offset) {
  for (let from = 0; from < bytes.length; ) {
    const place = (offset + from) % megabyte;
    const count = Math.min(bytes.length - from, megabyte - place);
    const n = Math.floor((offset + from) / megabyte);
    const isEdge = place < 4 || place + count > megabyte - 4;
    const right = isEdge ? chunkOf(n) : noise;
    if (bytes.compare(right, place, place + count, from, from + count) !== 0) return false;
    from += count;
  }
  return true;
}

/** What earlier work left to be written goes to the disk now and not in somebody's turn. */
function flushDisk() {
  execFileSync("sync");
}
