import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import tar from "tar-stream";
import yazl from "yazl";
import { newRunId } from "@/common/ids";
import { store } from "@/server/storage";
import { aPerson, aWorkspace } from "@/server/testing";
import { createExperiment } from "../experiments";
import { readFile, writeFile } from "../files";
import { createProject, deleteProject, diffVersionAgainstNow, exportZip, freezeTree, freezeVersion, getOutline, getProject, listProjects, listVersionFiles, readVersionFile, renameProject, restoreProject } from "./index";

const mlproject = "name: demo\nentry_points:\n  main:\n    command: python main.py\n";

async function bytesOf(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function filesOfTar(stream: Readable) {
  const found: Record<string, string> = {};
  const extract = stream.pipe(tar.extract());
  for await (const entry of extract) found[entry.header.name] = (await bytesOf(entry as unknown as Readable)).toString("latin1");
  return found;
}

async function aZip(entries: Record<string, string>, rename?: [string, string]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [path, text] of Object.entries(entries)) zip.addBuffer(Buffer.from(text), path);
  zip.end();
  const bytes = await bytesOf(zip.outputStream as unknown as Readable);
  if (!rename) return bytes;
  // The library refuses such names itself, so they are written over the bytes.
  return Buffer.from(bytes.toString("latin1").replaceAll(rename[0], rename[1]), "latin1");
}

test("freezing gives the exact tree, the same tree for the same files, and keeps its tar", async () => {
  const ctx = await aWorkspace();
  const binary = Buffer.from([0, 255, 10, 13]);
  const files = { MLproject: mlproject, "main.py": "print(1)\r\n", "data/é \"q\".bin": binary, ".gitattributes": "* text eol=lf export-ignore ident\n", ".gitignore": "main.py\n" };
  const { id: projectId } = await createProject(ctx, { name: "demo", files });
  const first = await freezeVersion(ctx, { projectId, runId: newRunId(), message: "one" });
  const again = await freezeVersion(ctx, { projectId, runId: newRunId(), message: "two" });
  expect(again.treeHash).toBe(first.treeHash);
  const unpacked = await filesOfTar((await store.open(first.treeKey)).stream);
  expect(unpacked).toEqual(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content).toString("latin1")])));

  await writeFile(ctx, { projectId, path: "main.py", bytes: Buffer.from("print(2)\r\n") });
  const version = { projectId, commit: first.commit };
  expect((await readVersionFile(ctx, { ...version, path: "main.py" })).bytes.toString()).toBe("print(1)\r\n");
  expect((await listVersionFiles(ctx, version)).map((f) => [f.path, f.kind])).toContainEqual(['data/é "q".bin', "binary"]);
  expect(await diffVersionAgainstNow(ctx, version)).toEqual([{ path: "main.py", status: "changed", oldText: "print(1)\n", newText: "print(2)\n" }]);
  const second = await freezeVersion(ctx, { projectId, runId: newRunId(), message: "three" });
  expect(second.treeHash).not.toBe(first.treeHash);
});

test("a step's changed tree is committed; a link in it is refused", async () => {
  const ctx = await aWorkspace();
  const { id: projectId } = await createProject(ctx, { name: "demo", files: { MLproject: mlproject } });
  const good = tar.pack();
  good.entry({ name: "./MLproject" }, mlproject);
  good.entry({ name: "out/x.txt", mode: 0o755 }, "x");
  good.finalize();
  const { commit } = await freezeTree(ctx, { projectId, runId: newRunId(), tar: await bytesOf(good as unknown as Readable) });
  expect((await listVersionFiles(ctx, { projectId, commit })).map((f) => [f.path, f.isExecutable])).toEqual([["MLproject", false], ["out/x.txt", true]]);
  for (const header of [{ name: "a", type: "symlink" as const, linkname: "/etc/passwd" }, { name: "../a" }, { name: "a/../../b" }]) {
    const bad = tar.pack();
    bad.entry(header, "");
    bad.finalize();
    await expect(freezeTree(ctx, { projectId, runId: newRunId(), tar: await bytesOf(bad as unknown as Readable) })).rejects.toMatchObject({ kind: "invalid" });
  }
});

test("a zip becomes a project; one that reaches outside is refused whole", async () => {
  const ctx = await aWorkspace();
  const { id: projectId } = await createProject(ctx, { name: "zipped", zip: await aZip({ "repo-main/MLproject": mlproject, "repo-main/src/a.py": "1\n", "__MACOSX/x": "" , "repo-main/.DS_Store": "" }) });
  expect((await readFile(ctx, { projectId, path: "src/a.py" })).text).toBe("1\n");
  expect((await getOutline(ctx, { projectId })).entryPoints.map((e) => e.name)).toEqual(["main"]);

  const evil: [string, string][] = [["aaaa.py", "../a.py"], ["aaaaaa.py", "/etc/a.py"], ["aa/bbbb.py", "aa/../../b"], ["aaaa.py", "..\\a.py"]];
  for (const [from, to] of evil) {
    const name = to.padEnd(from.length, "x").slice(0, from.length);
    await expect(createProject(ctx, { name: "evil", zip: await aZip({ "MLproject": mlproject, [from]: "x" }, [from, name]) }), to).rejects.toMatchObject({ kind: "invalid" });
  }
  await expect(createProject(ctx, { name: "evil", zip: await aZip({ "bomb.txt": "0".repeat(30 * 1024 * 1024) }) })).rejects.toMatchObject({ kind: "invalid" });
  await expect(createProject(ctx, { name: "evil", zip: Buffer.from("PK no zip") })).rejects.toMatchObject({ kind: "invalid" });
  expect((await listProjects(ctx)).projects.map((p) => p.name)).toEqual(["zipped"]);
  expect(await ctx.db.experiment.count({ where: { workspaceId: ctx.workspaceId, name: "evil" } })).toBe(0);

  const zip = await bytesOf(await exportZip(ctx, { projectId }));
  const copy = await createProject(ctx, { name: "copy", zip });
  expect((await readFile(ctx, { projectId: copy.id, path: "src/a.py" })).text).toBe("1\n");
});

test("addresses that git may not read are refused in words", async () => {
  const ctx = await aWorkspace();
  for (const gitUrl of ["file:///etc", "/etc", "ext::sh -c id", "http://example.org/a", "https://127.0.0.1/a.git", "https://[::1]/a", "https://user:pw@example.org/a", "--upload-pack=x", "ssh://git@example.org/a"]) {
    await expect(createProject(ctx, { name: "g", gitUrl }), gitUrl).rejects.toMatchObject({ kind: "invalid", problems: [{ field: "git_url" }] });
  }
  await expect(createProject(ctx, { name: "g", gitUrl: "https://example.org/a", gitRef: "--x" })).rejects.toMatchObject({ problems: [{ field: "git_ref" }] });
});

test("a project and its experiment share a name through rename, delete, another of that name, restore", async () => {
  const ctx = await aWorkspace();
  const one = await createProject(ctx, { name: "one" });
  await expect(createProject(ctx, { name: "one" })).rejects.toMatchObject({ kind: "already_exists" });
  const experimentName = async () => (await ctx.db.experiment.findUniqueOrThrow({ where: { id: one.experimentId } })).name;
  await renameProject(ctx, { projectId: one.id, name: "first" });
  expect(await experimentName()).toBe("first");
  await deleteProject(ctx, { projectId: one.id });
  await expect(getProject(ctx, { idOrName: one.id })).rejects.toMatchObject({ kind: "not_found" });
  const other = await createProject(ctx, { name: "first" });
  await expect(restoreProject(ctx, { projectId: one.id })).rejects.toMatchObject({ kind: "already_exists" });
  await deleteProject(ctx, { projectId: other.id });
  await restoreProject(ctx, { projectId: one.id });
  expect(await experimentName()).toBe("first");
  expect((await getProject(ctx, { idOrName: "first" })).id).toBe(one.id);
});

test("viewers look and do not touch; another workspace sees nothing", async () => {
  const ctx = await aWorkspace();
  const { id: projectId } = await createProject(ctx, { name: "mine", files: { MLproject: mlproject } });
  const { commit } = await freezeVersion(ctx, { projectId, runId: newRunId(), message: "x" });
  const viewer = await aPerson(ctx, "viewer");
  expect(await getProject(viewer, { idOrName: "mine" })).toMatchObject({ id: projectId });
  await expect(createProject(viewer, { name: "x" })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(writeFile(viewer, { projectId, path: "a", bytes: Buffer.from("") })).rejects.toMatchObject({ kind: "forbidden" });
  const other = await aWorkspace();
  const doors = [
    () => getProject(other, { idOrName: projectId }), () => getOutline(other, { projectId }), () => exportZip(other, { projectId }), () => deleteProject(other, { projectId }),
    () => renameProject(other, { projectId, name: "x" }), () => freezeVersion(other, { projectId, runId: newRunId(), message: "" }), () => listVersionFiles(other, { projectId, commit }),
    () => readVersionFile(other, { projectId, commit, path: "MLproject" }), () => diffVersionAgainstNow(other, { projectId, commit }),
  ];
  for (const door of doors) await expect(door()).rejects.toMatchObject({ kind: "not_found" });
  expect((await listProjects(other)).projects).toEqual([]);
});

test("an experiment left behind by a crash does not hold the name; a client's own does", async () => {
  const ctx = await aWorkspace();
  const { experimentId } = await createExperiment(ctx, { name: "half", tags: [{ key: "flowbook.project.id", value: "prj_gone" }] });
  await expect(createProject(ctx, { name: "half" })).rejects.toMatchObject({ kind: "already_exists" });
  const later = { ...ctx, now: () => new Date(Date.now() + 6 * 60_000) };
  expect((await createProject(later, { name: "half" })).experimentId).not.toBe(experimentId);
  await createExperiment(ctx, { name: "theirs" });
  await expect(createProject(later, { name: "theirs" })).rejects.toMatchObject({ kind: "already_exists" });
});
