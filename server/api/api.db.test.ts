import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import yazl from "yazl";
import type { Ctx } from "../ctx";
import { aPerson, aWorkspace } from "../testing";
import { handleApi } from "./index";
import { routes } from "./router";
import * as wire from "./wire";

let server: Server;
let ctx: Ctx;
let base: string;

beforeAll(async () => {
  server = createServer((req, res) => void handleApi(req, res, ctx)).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/2.0/flowbook`;
});
afterAll(() => server.close());

const mlproject = "name: demo\nentry_points:\n  main:\n    parameters:\n      input1: {type: int, default: 1000000}\n      rate: float\n    command: python main.py --input1 {input1} --rate {rate}\n";

async function call(method: string, path: string, body?: unknown) {
  const res = await fetch(base + path, { method, ...(body === undefined ? {} : { body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body) }) });
  const text = await res.text();
  return { status: res.status, headers: res.headers, text, json: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {} };
}
/** So many MB, of unknown length to the receiver. */
function aStream(megabytes: number) {
  let left = megabytes;
  return new ReadableStream({
    pull(c) {
      if (left-- > 0) c.enqueue(new Uint8Array(1024 * 1024).fill(120));
      else c.close();
    },
  });
}
const strict = (schema: z.ZodObject, value: unknown) => schema.strict().parse(value);

test("every route is in the document, and every call of the document has a route", async () => {
  ctx = await aWorkspace();
  const document = (await call("GET", "/openapi.json")).json as unknown as { openapi: string; paths: Record<string, Record<string, { requestBody?: object; responses: Record<string, { content?: object; headers?: object }> }>> };
  expect(document.openapi).toBe("3.1.0");
  const documented = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
  expect(documented.sort()).toEqual(routes.map((r) => `${r.method} ${r.path}`).sort());
  expect(documented).toEqual(expect.arrayContaining(["POST /projects/{id}/launches", "GET /launches/{id}/log", "PUT /projects/{id}/files/{path}", "DELETE /shares/{id}", "POST /nested-launches"]));
  expect(Object.keys(document.paths["/projects"]?.post?.requestBody ?? {})).toContain("content");
  expect(Object.keys(document.paths["/launches/{id}/log"]?.get?.responses["200"]?.headers ?? {})).toEqual(["X-Log-Offset", "X-Log-Complete"]);
});

test("a script makes a project, writes and reads its files, launches, stops, shares", async () => {
  ctx = await aWorkspace();
  const created = await call("POST", "/projects", { name: "demo", files: { MLproject: mlproject, "main.py": "print(1)\n" } });
  expect(created.status).toBe(200);
  const { project } = strict(wire.projectAnswer, created.json) as z.infer<typeof wire.projectAnswer>;
  expect((await call("POST", "/projects", { name: "demo" })).json).toMatchObject({ error_code: "RESOURCE_ALREADY_EXISTS" });
  expect(strict(wire.projectList, (await call("GET", "/projects")).json)).toEqual({ projects: [project] });
  const detail = strict(wire.projectDetail, (await call("GET", "/projects/demo")).json);
  expect(detail.entry_points).toEqual([
    { name: "main", command: "python main.py --input1 {input1} --rate {rate}", parameters: [{ name: "input1", type: "int", default: "1000000", required: false }, { name: "rate", type: "float", required: true }] },
  ]);

  const put = await call("PUT", "/projects/demo/files/src/a%20b.py", "x = 1\r\n");
  expect(strict(wire.fileAnswer, put.json)).toEqual({ file: { path: "src/a b.py", size_bytes: 7, kind: "text" } });
  const got = await call("GET", `/projects/${project.id}/files/src/a%20b.py`);
  expect([got.text, got.headers.get("etag")]).toEqual(["x = 1\r\n", put.headers.get("etag")]);
  const list = strict(wire.fileList, (await call("GET", "/projects/demo/files?max_results=2")).json) as z.infer<typeof wire.fileList>;
  expect(list.files.map((f) => f.path)).toEqual(["MLproject", "main.py"]);
  expect((await call("GET", `/projects/demo/files?page_token=${list.next_page_token}`)).json).toEqual({ files: [{ path: "src/a b.py", size_bytes: 7, kind: "text" }] });
  expect((await call("DELETE", "/projects/demo/files/src/a%20b.py")).json).toEqual({});
  expect((await call("GET", "/projects/demo/files/src/a%20b.py")).status).toBe(404);

  const refused = await call("POST", "/projects/demo/launches", { parameters: { input1: "many" } });
  expect(refused.status).toBe(400);
  expect((refused.json.problems as { field: string }[]).map((p) => p.field).sort()).toEqual(["parameters.input1", "parameters.rate"]);
  expect(refused.json.message).toMatch(/input1[\s\S]*rate|rate[\s\S]*input1/);
  const launched = await call("POST", "/projects/demo/launches", `{"parameters": {"rate": 1.0, "flag": true, "big": 12345678901234567890, "tiny": 1e-5, "text": "1.0 \\" 2e3"}}`);
  const { launch } = strict(wire.launchAnswer, launched.json) as z.infer<typeof wire.launchAnswer>;
  expect(launch).toMatchObject({ state: "queued", entry_point: "main", project_id: project.id, parameters: { input1: "1000000", rate: "1.0", flag: "True", big: "12345678901234567890", tiny: "1e-05", text: '1.0 " 2e3' } });
  expect(launch.command).toBe("python main.py --input1 1000000 --rate 1.0 --flag True --big 12345678901234567890 --tiny 1e-05 --text '1.0 \" 2e3'");
  expect((await call("GET", `/launches?run_id=${launch.run_id}&project_id=demo`)).json).toMatchObject({ launches: [{ id: launch.id }] });
  expect((await call("POST", `/launches/${launch.id}/input`, "y\n")).status).toBe(409);
  const waiting = call("GET", `/launches/${launch.id}?wait_seconds=20`);
  const log = await call("GET", `/launches/${launch.id}/log?offset=0`);
  expect([log.status, log.text, log.headers.get("x-log-offset"), log.headers.get("x-log-complete"), log.headers.get("content-type")]).toEqual([200, "", "0", "false", "application/octet-stream"]);
  expect((await call("POST", `/launches/${launch.id}/stop`)).json).toMatchObject({ launch: { state: "stopped" } });
  expect((await waiting).json).toMatchObject({ launch: { state: "stopped" } });
  expect((await call("POST", `/launches/${launch.id}/stop`)).status).toBe(200);

  const shared = strict(wire.shareAnswer, (await call("POST", "/shares", { target: { type: "run", id: launch.run_id }, role: "view" })).json) as z.infer<typeof wire.shareAnswer>;
  expect(shared.share.url).toMatch(/^https?:\/\/.*\/share\//);
  expect(strict(wire.shareList, (await call("GET", "/shares")).json)).toMatchObject({ shares: [{ id: shared.share.id, target: { type: "run", id: launch.run_id } }] });
  expect((await call("DELETE", `/shares/${shared.share.id}`)).json).toEqual({});
  expect((await call("DELETE", `/shares/${shared.share.id}`)).status).toBe(404);
  expect((await call("DELETE", "/projects/demo")).json).toEqual({});
  expect((await call("GET", "/projects/demo")).json).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
});

test("a zip as the body makes a project", async () => {
  ctx = await aWorkspace();
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(mlproject), "MLproject");
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  const res = await fetch(`${base}/projects?name=zipped`, { method: "POST", headers: { "Content-Type": "application/zip" }, body: Buffer.concat(parts) });
  expect(res.status).toBe(200);
  expect((await call("GET", "/projects/zipped/files")).json).toMatchObject({ files: [{ path: "MLproject" }] });
});

test("bad calls are refused in the envelope, with the field or the limit", async () => {
  ctx = await aWorkspace();
  await call("POST", "/projects", { name: "p", files: {} });
  expect(await call("POST", "/projects", "{no json")).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
  expect(await call("POST", "/projects", {})).toMatchObject({ status: 400, json: { problems: [{ field: "name" }] } });
  expect(await call("POST", "/projects", { name: "x", files: { "../a": "" } })).toMatchObject({ status: 400, json: { problems: [{ field: "files" }] } });
  expect(await call("GET", "/projects?max_results=0")).toMatchObject({ status: 400, json: { problems: [{ field: "max_results" }] } });
  for (const path of ["..%2fx", "%2Fetc%2Fpasswd", "a%5Cb", ".git/config", "a%00b"]) expect((await call("PUT", `/projects/p/files/${path}`, "x")).status, path).toBe(400);
  expect((await call("GET", "/projects/p/files/%zz")).status).toBe(400);
  expect(await call("GET", "/nowhere")).toMatchObject({ status: 404, json: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
  expect((await call("PATCH", "/projects")).headers.get("allow")).toBe("GET, POST");
  expect((await call("POST", "/nested-launches", { project_uri: "." })).status).toBe(403);
  const huge = await fetch(`${base}/projects/p/files/big.bin`, { method: "PUT", body: aStream(200), duplex: "half" } as RequestInit);
  expect([huge.status, await huge.text()]).toEqual([413, expect.stringContaining("100 MB")]);
  const json = await fetch(`${base}/projects`, { method: "POST", body: aStream(30), duplex: "half" } as RequestInit);
  expect([json.status, await json.text()]).toEqual([413, expect.stringContaining("16 MB")]);
  expect((await call("GET", "/projects/p/files")).json).toEqual({ files: [] });

  ctx = await aPerson(ctx, "viewer");
  expect(await call("PUT", "/projects/p/files/a", "x")).toMatchObject({ status: 403, json: { error_code: "PERMISSION_DENIED" } });
  expect((await call("GET", "/projects/p")).status).toBe(200);
});
