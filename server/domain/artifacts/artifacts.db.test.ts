import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { createRun } from "../runs";
import { deleteByProxyPath, listArtifacts, listByProxyPath, openArtifact, openByProxyPath, putByProxyPath } from ".";

let ctx: Ctx;
let runId: string;
let root: string;

beforeAll(async () => {
  ctx = await aWorkspace();
  const { experimentId } = await createExperiment(ctx, { name: "e" });
  runId = (await createRun(ctx, { experimentId })).id;
  root = `${experimentId}/${runId}/artifacts`;
});

const put = (path: string, content: string | Readable) => putByProxyPath(ctx, { proxyPath: `${root}/${path}`, stream: typeof content === "string" ? Readable.from([content]) : content });
const read = async (path: string) => text((await openArtifact(ctx, { runId, path })).stream);

test("what is stored is listed by name and read back", async () => {
  await put("b/deep/x.txt", "deep");
  await put("a.txt", "hello");
  await put("b/empty", "");
  expect((await listArtifacts(ctx, { runId })).files).toEqual([{ path: "a.txt", isDir: false, sizeBytes: 5 }, { path: "b", isDir: true }]);
  expect((await listArtifacts(ctx, { runId, path: "b" })).files.map((f) => f.path)).toEqual(["b/deep", "b/empty"]);
  expect((await listByProxyPath(ctx, { proxyPath: `${root}/b/` })).map((f) => f.path)).toEqual(["deep", "empty"]);
  expect(await listByProxyPath(ctx, { proxyPath: `${root}/a.txt` })).toEqual([]);
  expect(await read("b/deep/x.txt")).toBe("deep");
  const part = await openByProxyPath(ctx, { proxyPath: `${root}/a.txt`, range: { start: 1, end: 3 } });
  expect([await text(part.stream), part.sizeBytes]).toEqual(["ell", 5]);
});

test("an upload that breaks off leaves the old content, and nothing behind", async () => {
  await put("kept.txt", "old");
  const broken = new Readable({ read() { this.push("ne"); this.destroy(new Error("gone")); } });
  await expect(put("kept.txt", broken)).rejects.toThrow("gone");
  expect(await read("kept.txt")).toBe("old");
  expect(await readdir(join(env().artifactsDir, ".staging"))).toEqual([]);
});

test("racing writers leave one of their contents whole", async () => {
  const contents = Array.from({ length: 12 }, (_, i) => String(i).repeat(50_000));
  await Promise.all(contents.map((c) => put("raced", c)));
  expect(contents).toContain(await read("raced"));
});

test("a name is a file or a folder, not both", async () => {
  await put("f", "x");
  await expect(put("f/g", "x")).rejects.toMatchObject({ kind: "invalid" });
  await put("d/e", "x");
  await expect(put("d", "x")).rejects.toMatchObject({ kind: "invalid" });
  await expect(openArtifact(ctx, { runId, path: "d" })).rejects.toThrow("is a directory");
  await expect(openArtifact(ctx, { runId, path: "no" })).rejects.toThrow("No such artifact: 'no'");
});

test("removing a folder removes what is in it and nothing beside it", async () => {
  await put("gone/a", "x");
  await put("gone-not", "x");
  await deleteByProxyPath(ctx, { proxyPath: `${root}/gone` });
  await deleteByProxyPath(ctx, { proxyPath: `${root}/never` });
  expect(await listByProxyPath(ctx, { proxyPath: `${root}/gone` })).toEqual([]);
  expect(await read("gone-not")).toBe("x");
});

test("a link in the store leads nowhere", async () => {
  const outside = join(env().dataDir, "outside");
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, "secret"), "secret");
  await symlink(outside, join(env().artifactsDir, root, "link"));
  await symlink(join(outside, "secret"), join(env().artifactsDir, root, "direct"));
  for (const path of ["link/secret", "direct", "link"]) await expect(openArtifact(ctx, { runId, path }), path).rejects.toMatchObject({ kind: "not_found" });
  await expect(put("link/new", "x")).rejects.toThrow();
  await deleteByProxyPath(ctx, { proxyPath: `${root}/link` });
  expect(await readdir(outside)).toEqual(["secret"]);
});
