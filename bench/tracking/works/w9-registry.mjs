// w9: the model registry.
import { Connection } from "../http.mjs";
import { compare, expect, timed } from "../measure.mjs";
import { quickack } from "../quickack.mjs";
import { at } from "../tracking.mjs";

const rows = [
  { id: "w9-create-c1", kind: "create", clients: 1, label: "create versions of one model, 1 client", by: "rate", unit: "req/s" },
  { id: "w9-create-c8", kind: "create", clients: 8, label: "create versions of one model, 8 clients", by: "rate", unit: "req/s" },
  { id: "w9-search", kind: "search", label: "search the 200 versions of a model" },
  { id: "w9-models", kind: "models", label: "search 100 models", rounds: 2 },
  { id: "w9-alias", kind: "alias", label: "look up a version by alias" },
  { id: "w9-alias-quickack", kind: "alias", label: "the same, the client with TCP_QUICKACK", isQuickack: true, rounds: 2 },
].map((row) => ({ by: "p50", unit: "ms", ...row }));

let serial = 0;
const newModel = async (server, name) => (await server.api.json("POST", `${at}/registered-models/create`, { name })).registered_model.name;
const newVersion = (connection, name, k) => connection.json("POST", `${at}/model-versions/create`, { name, source: `s3://bucket/models/${k}`, tags: [{ key: "k", value: String(k) }] });

export async function run(bench) {
  const stamp = Date.now();
  for (const name of bench.names) await fill(bench.servers[name], stamp);
  for (const row of rows) {
    await compare(bench, row, (server) => {
      if (row.kind === "create") return create(bench, server, row);
      if (row.isQuickack) return quickack(bench, server, { seconds: bench.readSeconds, method: "GET", path: aliasPath(stamp) });
      return timed(server, { seconds: bench.readSeconds, send: (connection) => reads[row.kind](server, connection, stamp) });
    });
  }
}

/** A model of 200 versions with an alias, and 99 small ones. */
async function fill(server, stamp) {
  const name = await newModel(server, `m-${stamp}-big`);
  for (let k = 1; k <= 200; k++) await newVersion(server.api, name, k);
  await server.api.json("POST", `${at}/registered-models/alias`, { name, alias: "champion", version: "150" });
  for (let k = 0; k < 99; k++) await newVersion(server.api, await newModel(server, `m-${stamp}-${String(k).padStart(2, "0")}`), 1);
}

/** Every version number is given once, without a gap. */
async function create(bench, server, { clients }) {
  const name = await newModel(server, `c-${Date.now()}-${serial++}`);
  const given = [];
  const sample = await timed(server, {
    clients, seconds: bench.seconds,
    send: async (connection, client, n) => {
      const { model_version: v } = await newVersion(connection, name, `${client}-${n}`);
      given.push(Number(v.version));
    },
  });
  given.sort((a, b) => a - b);
  expect(given.every((v, i) => v === i + 1), `${server.name}: the versions given are ${given.slice(0, 20)}…`);
  const connection = new Connection(server);
  let stored = 0;
  for (let token; token !== ""; ) {
    const page = await connection.json("GET", `${at}/model-versions/search?filter=${encodeURIComponent(`name='${name}'`)}&max_results=10000${token ? `&page_token=${encodeURIComponent(token)}` : ""}`);
    stored += page.model_versions?.length ?? 0;
    token = page.next_page_token ?? "";
  }
  connection.close();
  expect(stored === given.length, `${server.name}: ${stored} versions are stored where ${given.length} were acknowledged`);
  return sample;
}

const aliasPath = (stamp) => `${at}/registered-models/alias?name=m-${stamp}-big&alias=champion`;

const reads = {
  search: async (server, connection, stamp) => {
    const { status, body } = await connection.send("GET", `${at}/model-versions/search?filter=${encodeURIComponent(`name='m-${stamp}-big'`)}&max_results=1000&order_by=${encodeURIComponent("version_number DESC")}`);
    return () => {
      expect(status === 200, `${server.name}: ${status} ${body.toString().slice(0, 300)}`);
      const { model_versions: all = [] } = JSON.parse(body.toString());
      expect(all.length === 200, `${server.name}: ${all.length} versions`);
      for (const [i, v] of all.entries()) expect(Number(v.version) === 200 - i && v.source === `s3://bucket/models/${200 - i}` && v.tags?.[0]?.value === String(200 - i), `${server.name}: at place ${i} stands ${JSON.stringify(v)}`);
    };
  },
  models: async (server, connection, stamp) => {
    const { status, body } = await connection.send("GET", `${at}/registered-models/search?filter=${encodeURIComponent(`name LIKE 'm-${stamp}-%'`)}&max_results=1000&order_by=${encodeURIComponent("name ASC")}`);
    return () => {
      expect(status === 200, `${server.name}: ${status} ${body.toString().slice(0, 300)}`);
      const { registered_models: all = [] } = JSON.parse(body.toString());
      expect(all.length === 100 && all.every((m) => m.latest_versions?.length === 1), `${server.name}: ${all.length} models`);
    };
  },
  alias: async (server, connection, stamp) => {
    const { status, body } = await connection.send("GET", aliasPath(stamp));
    return () => expect(status === 200 && JSON.parse(body.toString()).model_version.version === "150", `${server.name}: ${status} ${body.toString().slice(0, 300)}`);
  },
};
