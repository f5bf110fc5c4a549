import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { newId } from "@/common/ids";
import { env } from "../env";
import { cloneAndRead, isPrivateAddress } from "./import-from-url";
import { commitTree, findRef, importFromUrl, listTree, readBlobs, readTreeFile, repositoryDir } from "./index";

const folder = mkdtempSync(join(tmpdir(), "flowbook-git-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tree = (files: Record<string, string>) => Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text), isExecutable: path.endsWith(".sh") }));

test("a commit holds exactly the files, and moves its ref without a parent", async () => {
  const projectId = newId("prj");
  const ref = "refs/runs/0123456789abcdef";
  const one = await commitTree({ projectId, ref, files: tree({ "a.txt": "a", "run.sh": "x", 'q"uote/ü.txt': "" }), message: "line\n\nbody", now: new Date(0) });
  const entries = (await listTree({ projectId }, one.commit)) ?? [];
  expect(entries.map((e) => [e.path, e.isExecutable])).toEqual([["a.txt", false], ['q"uote/ü.txt', false], ["run.sh", true]]);
  expect((await readBlobs({ projectId }, entries.map((e) => e.oid))).map(String)).toEqual(["a", "", "x"]);
  const two = await commitTree({ projectId, ref, files: tree({ "b.txt": "b" }), message: "two", authorName: "A <b> \n c", now: new Date(0) });
  expect(await findRef(projectId, ref)).toBe(two.commit);
  expect((await listTree({ projectId }, two.commit))?.map((e) => e.path)).toEqual(["b.txt"]);
  expect(await readTreeFile(projectId, one.commit, "a.txt", 10)).toEqual(Buffer.from("a"));
  for (const path of ["nope", "../a.txt", "--help"]) expect(await readTreeFile(projectId, one.commit, path, 10)).toBeNull();
  expect(await listTree({ projectId }, "f".repeat(40))).toBeNull();
  await expect(readTreeFile(projectId, one.commit, "a.txt", 0)).rejects.toMatchObject({ kind: "too_large" });
  const none = await commitTree({ projectId, ref, files: [], message: "empty", now: new Date(0) });
  expect(none.treeHash).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  // Ordinary git agrees that all of it is sound.
  execFileSync("git", ["--git-dir", repositoryDir(projectId), "fsck", "--strict", "--no-dangling"], { stdio: "pipe" });
  expect(() => repositoryDir("prj_../../x")).toThrow();
});

test("an import takes the files of a branch, leaves links out, runs nothing, and cleans up", async () => {
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { stdio: "pipe" });
  git("init", "-q", "-b", "trunk");
  writeFileSync(join(folder, "MLproject"), "name: x\n");
  symlinkSync("/etc/passwd", join(folder, "link"));
  git("add", "-A");
  git("commit", "-qm", "one");
  const url = pathToFileURL(join(folder, ".git"));
  const config = { "protocol.file.allow": "always" };
  const imported = await cloneAndRead(url, "trunk", config);
  expect(imported.files.map((f) => [f.path, String(f.bytes)])).toEqual([["MLproject", "name: x\n"]]);
  expect(imported.skipped).toEqual(["link"]);
  await expect(cloneAndRead(url, "nope", config)).rejects.toMatchObject({ kind: "invalid", problems: [{ field: "git_ref" }] });
  // Without the test's own permission git itself refuses the protocol.
  await expect(cloneAndRead(url, undefined, {})).rejects.toMatchObject({ kind: "invalid" });
  expect(existsSync(join(env().dataDir, "tmp")) ? readdirSync(join(env().dataDir, "tmp")) : []).toEqual([]);
});

test("addresses inside the server's network are refused, however they are spelled", async () => {
  for (const host of ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[fe80::1]", "localhost", "[fd00::1]"]) {
    await expect(importFromUrl({ url: `https://${host}/a.git` }), host).rejects.toMatchObject({ kind: "invalid", problems: [{ field: "git_url" }] });
  }
  expect(isPrivateAddress("8.8.8.8")).toBe(false);
  expect(isPrivateAddress("2606:4700::1111")).toBe(false);
});
