import { expect, test } from "vitest";
import * as Y from "yjs";
import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";
import { aWorkspace } from "@/server/testing";
import { appendUpdate, compactDoc, deleteFile, getFile, listFiles, loadDoc, readFile, renameFile, restoreFile, updatesSince, writeFile } from "./index";

async function aProject(ctx: Ctx): Promise<string> {
  const experiment = await ctx.db.experiment.create({ data: { workspaceId: ctx.workspaceId, name: newId("exp"), artifactLocation: "", creationTimeMs: 0n, lastUpdateTimeMs: 0n } });
  const id = newId("prj");
  await ctx.db.project.create({ data: { id, workspaceId: ctx.workspaceId, name: id, experimentId: experiment.id } });
  return id;
}

async function aText(ctx: Ctx, text: string, path = "train.py") {
  const projectId = await aProject(ctx);
  const { file, etag } = await writeFile(ctx, { projectId, path, bytes: Buffer.from(text) });
  return { projectId, path, fileId: file.id, etag };
}

/** A person with the file open. */
async function aReader(ctx: Ctx, fileId: string) {
  const loaded = await loadDoc(ctx, { fileId });
  const doc = new Y.Doc();
  Y.applyUpdate(doc, loaded.state);
  const text = doc.getText("content");
  return {
    doc, text, epoch: loaded.epoch, seq: loaded.seq,
    edit(work: () => void): Uint8Array {
      const before = Y.encodeStateVector(doc);
      doc.transact(work);
      return Y.encodeStateAsUpdate(doc, before);
    },
  };
}

const read = async (ctx: Ctx, at: { projectId: string; path: string }) => (await readFile(ctx, at)).text;

test("appended edits are there after loading, after compacting, and as the file's text", async () => {
  const ctx = await aWorkspace();
  const { fileId, ...at } = await aText(ctx, "one\n");
  const reader = await aReader(ctx, fileId);
  for (let i = 0; i < 30; i++) {
    const update = reader.edit(() => reader.text.insert(reader.text.length, `${i}\n`));
    expect(await appendUpdate(ctx, { fileId, epoch: 1, update, userId: null })).toEqual({ seq: i + 1 });
    if (i % 10 === 5) await compactDoc(ctx, { fileId });
  }
  expect(await read(ctx, at)).toBe(reader.text.toString());
  const again = await aReader(ctx, fileId);
  expect(again.text.toString()).toBe(reader.text.toString());
  expect(again.seq).toBe(30);
  expect(await ctx.db.fileSnapshot.count({ where: { fileId } })).toBe(2);

  const late = await updatesSince(ctx, { fileId, epoch: 1, seq: 28 });
  expect(late).toMatchObject({ seq: 30, isReplaced: false });
  expect(late.updates).toHaveLength(2);
  // Compacted away: the whole state, which merges the same.
  const early = await updatesSince(ctx, { fileId, epoch: 1, seq: 1 });
  for (const update of early.updates) Y.applyUpdate(again.doc, update);
  expect(again.text.toString()).toBe(reader.text.toString());
});

test("people who append at once lose nothing and share commits", async () => {
  const ctx = await aWorkspace();
  const { fileId, ...at } = await aText(ctx, "");
  const people = await Promise.all([1, 2, 3, 4].map(() => aReader(ctx, fileId)));
  const saved = await Promise.all(
    people.flatMap((p, who) =>
      Array.from({ length: 50 }, (_, i) => appendUpdate(ctx, { fileId, epoch: 1, update: p.edit(() => p.text.insert(p.text.length, `<${who}:${i}>`)), userId: null })),
    ),
  );
  expect(new Set(saved.map((s) => s.seq)).size).toBe(200);
  const text = (await read(ctx, at)) ?? "";
  for (let who = 0; who < 4; who++) expect([...text.matchAll(new RegExp(`<${who}:(\\d+)>`, "g"))].map((m) => Number(m[1]))).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test("what cannot be applied is refused, and its neighbours are stored", async () => {
  const ctx = await aWorkspace();
  const { fileId, ...at } = await aText(ctx, "a");
  const good = await aReader(ctx, fileId);
  const skipping = await aReader(ctx, fileId);
  skipping.edit(() => skipping.text.insert(0, "lost"));
  const needsLost = skipping.edit(() => skipping.text.insert(4, "x"));
  const send = (update: Uint8Array, epoch = 1) => appendUpdate(ctx, { fileId, epoch, update, userId: null });
  const foreign = new Y.Doc();
  foreign.getMap("other").set("k", 1);
  const huge = await aReader(ctx, fileId);
  const results = await Promise.allSettled([
    send(good.edit(() => good.text.insert(1, "b"))),
    send(new Uint8Array([1, 2, 3, 255])),
    send(needsLost),
    send(Y.encodeStateAsUpdate(foreign)),
    send(huge.edit(() => huge.text.insert(0, "x".repeat(3 * 1024 * 1024)))),
    send(good.edit(() => good.text.insert(2, "c"))),
    send(good.edit(() => good.text.insert(3, "d")), 7),
  ]);
  expect(results.map((r) => (r.status === "fulfilled" ? "stored" : r.reason.kind))).toEqual(["stored", "invalid", "conflict", "invalid", "too_large", "stored", "conflict"]);
  expect(await read(ctx, at)).toBe("abc");
  expect((await aReader(ctx, fileId)).text.toString()).toBe("abc");
});

test("a bad stored record is set aside and the rest loads", async () => {
  const ctx = await aWorkspace();
  const { fileId } = await aText(ctx, "a");
  const p = await aReader(ctx, fileId);
  await appendUpdate(ctx, { fileId, epoch: 1, update: p.edit(() => p.text.insert(1, "b")), userId: null });
  await ctx.db.fileUpdate.create({ data: { fileId, epoch: 1, seq: 2n, bytes: new Uint8Array([9, 9, 9]) } });
  await ctx.db.file.update({ where: { id: fileId }, data: { seq: 2n } });
  expect((await aReader(ctx, fileId)).text.toString()).toBe("ab");
  expect((await ctx.db.fileUpdate.findFirst({ where: { fileId, seq: 2n } }))?.quarantinedAt).not.toBeNull();
  await appendUpdate(ctx, { fileId, epoch: 1, update: p.edit(() => p.text.insert(2, "c")), userId: null });
  expect((await aReader(ctx, fileId)).text.toString()).toBe("abc");
});

test("a write becomes the smallest edit: what others type at the same time stays", async () => {
  const ctx = await aWorkspace();
  const { fileId, ...at } = await aText(ctx, "one\ntwo\nthree\n");
  const p = await aReader(ctx, fileId);
  await writeFile(ctx, { ...at, bytes: Buffer.from("one\ntwo\nTHREE 😀\n") });
  await appendUpdate(ctx, { fileId, epoch: 1, update: p.edit(() => p.text.insert(0, "zero\n")), userId: null });
  expect(await read(ctx, at)).toBe("zero\none\ntwo\nTHREE 😀\n");
  await writeFile(ctx, { ...at, bytes: Buffer.from("zero\none\ntwo\nTHREE 😁\n") });
  const { updates } = await updatesSince(ctx, { fileId, epoch: 1, seq: p.seq });
  for (const u of updates) Y.applyUpdate(p.doc, u);
  expect(p.text.toString()).toBe("zero\none\ntwo\nTHREE 😁\n");
});

test("If-Match merges three ways, and refuses when both changed one line", async () => {
  const ctx = await aWorkspace();
  const { etag, ...file } = await aText(ctx, "one\ntwo\nthree\nfour\n");
  const at = { projectId: file.projectId, path: file.path };
  await writeFile(ctx, { ...at, bytes: Buffer.from("ONE\ntwo\nthree\nfour\n") });
  const merged = await writeFile(ctx, { ...at, bytes: Buffer.from("one\ntwo\nthree\nFOUR\n"), ifMatch: etag });
  expect(merged.isMerged).toBe(true);
  expect(await read(ctx, at)).toBe("ONE\ntwo\nthree\nFOUR\n");
  await expect(writeFile(ctx, { ...at, bytes: Buffer.from("eins\ntwo\nthree\nfour\n"), ifMatch: etag })).rejects.toMatchObject({ kind: "conflict" });
  await expect(writeFile(ctx, { ...at, bytes: Buffer.from("x"), ifNoneMatch: "*" })).rejects.toMatchObject({ kind: "conflict" });
});

test("bytes come back as they went in: line endings, byte-order mark, not UTF-8", async () => {
  const ctx = await aWorkspace();
  const projectId = await aProject(ctx);
  const cases = { "crlf.py": Buffer.from("\ufeffa\r\nb\r\n"), "latin1.txt": Buffer.from([0x63, 0x61, 0x66, 0xe9]), "nul.txt": Buffer.from("a\0b"), empty: Buffer.alloc(0) };
  for (const [path, bytes] of Object.entries(cases)) {
    await writeFile(ctx, { projectId, path, bytes });
    expect((await readFile(ctx, { projectId, path })).bytes).toEqual(bytes);
  }
  expect((await readFile(ctx, { projectId, path: "crlf.py" })).text).toBe("a\nb\n");
  expect((await listFiles(ctx, { projectId })).map((f) => [f.path, f.kind])).toEqual([["crlf.py", "text"], ["empty", "text"], ["latin1.txt", "binary"], ["nul.txt", "binary"]]);
  // A text that becomes binary ends its document.
  await writeFile(ctx, { projectId, path: "crlf.py", bytes: Buffer.from([0xff, 0xfe]) });
  const file = (await listFiles(ctx, { projectId }))[0];
  await expect(loadDoc(ctx, { fileId: file?.id ?? "" })).rejects.toMatchObject({ kind: "conflict" });
});

test("paths are checked, move, and come back; a folder moves whole", async () => {
  const ctx = await aWorkspace();
  const { fileId, projectId } = await aText(ctx, "x", "src/a.py");
  await writeFile(ctx, { projectId, path: "src/b.py", bytes: Buffer.from("y") });
  for (const path of ["../x", "/x", "a/../x", "a\\b", ".git/config", "a//b", "a\0b", "x/", "src", "src/a.py/c", "n".repeat(256)]) {
    await expect(writeFile(ctx, { projectId, path, bytes: Buffer.from("x") }), path).rejects.toMatchObject({ kind: "invalid" });
  }
  await renameFile(ctx, { projectId, path: "src", newPath: "lib/src" });
  expect((await listFiles(ctx, { projectId })).map((f) => f.path)).toEqual(["lib/src/a.py", "lib/src/b.py"]);
  await expect(renameFile(ctx, { fileId, newPath: "lib/src/b.py" })).rejects.toMatchObject({ kind: "invalid" });
  await deleteFile(ctx, { fileId });
  expect(await listFiles(ctx, { projectId })).toHaveLength(1);
  await restoreFile(ctx, { fileId });
  expect((await getFile(ctx, { fileId })).path).toBe("lib/src/a.py");
});

test("another workspace's files are not there", async () => {
  const ctx = await aWorkspace();
  const other = await aWorkspace();
  const { fileId, projectId, path } = await aText(ctx, "secret");
  const doors = [
    () => getFile(other, { fileId }), () => loadDoc(other, { fileId }), () => readFile(other, { projectId, path }), () => listFiles(other, { projectId }),
    () => writeFile(other, { projectId, path, bytes: Buffer.from("x") }), () => deleteFile(other, { fileId }), () => renameFile(other, { fileId, newPath: "y" }),
    () => appendUpdate(other, { fileId, epoch: 1, update: new Uint8Array([0, 0]), userId: null }), () => updatesSince(other, { fileId, epoch: 1, seq: 0 }),
  ];
  for (const door of doors) await expect(door()).rejects.toMatchObject({ kind: "not_found" });
  expect(await read(ctx, { projectId, path })).toBe("secret");
});

test("typing, writing, renaming and compacting at once neither block each other nor lose a character", async () => {
  const ctx = await aWorkspace();
  const { fileId, projectId } = await aText(ctx, "start\n");
  const p = await aReader(ctx, fileId);
  const typed = Array.from({ length: 60 }, (_, i) => `t${i}\n`);
  const began = Date.now();
  await Promise.all([
    (async () => {
      for (const t of typed) await appendUpdate(ctx, { fileId, epoch: 1, update: p.edit(() => p.text.insert(p.text.length, t)), userId: null });
    })(),
    (async () => {
      for (let i = 0; i < 20; i++) await renameFile(ctx, { fileId, newPath: `train${i % 2}.py` });
    })(),
    (async () => {
      for (let i = 0; i < 10; i++) await compactDoc(ctx, { fileId });
    })(),
    (async () => {
      for (let i = 0; i < 20; i++) await writeFile(ctx, { projectId, path: `other${i}.py`, bytes: Buffer.from(`${i}`) });
    })(),
  ]);
  // A deadlock would cost the database's deadlock_timeout, a second, each time.
  expect(Date.now() - began).toBeLessThan(15_000);
  const { file, text } = await readFile(ctx, { projectId, path: "train1.py" });
  expect(text).toBe(`start\n${typed.join("")}`);
  expect(file.id).toBe(fileId);
  expect((await aReader(ctx, fileId)).text.toString()).toBe(text);
});
