import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { newId } from "@/common/ids";
import type { DocRoom } from "@/components/editor/doc-room";
import { DocsClient } from "@/components/editor/docs-client";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { readFile, writeFile } from "@/server/domain/files";
import { aPerson, aWorkspace } from "@/server/testing";
import { handleDocsSocket } from "./docs-socket";

/* The page's own client against the real door and a real database, over real sockets. */

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function aFile(ctx: Ctx, text: string) {
  const experiment = await ctx.db.experiment.create({ data: { workspaceId: ctx.workspaceId, name: newId("exp"), artifactLocation: "", creationTimeMs: 0n, lastUpdateTimeMs: 0n } });
  const projectId = newId("prj");
  await ctx.db.project.create({ data: { id: projectId, workspaceId: ctx.workspaceId, name: projectId, experimentId: experiment.id } });
  const { file } = await writeFile(ctx, { projectId, path: "train.py", bytes: Buffer.from(text) });
  return { projectId, path: "train.py", fileId: file.id };
}

/** A server whose sockets belong to one caller; `cut` drops all connections as a lost network does. */
async function aDoor(ctx: Ctx) {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 4 * 1024 * 1024 });
  sockets.on("connection", (ws, req) => handleDocsSocket(ws, req, ctx));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  ends.push(() => {
    for (const ws of sockets.clients) ws.terminate();
    sockets.close();
    http.close();
  });
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    cut: () => {
      for (const ws of sockets.clients) ws.terminate();
    },
    count: () => sockets.clients.size,
  };
}

async function aPage(url: string, fileId: string): Promise<{ room: DocRoom; client: DocsClient }> {
  // ws follows the browser's interface in all that the client uses.
  const client = new DocsClient({ url: () => url, makeSocket: (u) => new WebSocket(u) as unknown as globalThis.WebSocket });
  ends.push(() => client.destroy());
  const room = client.open(fileId);
  await vi.waitFor(() => expect(room.isLoaded || room.status.kind === "error").toBe(true), waiting);
  return { room, client };
}

const waiting = { timeout: 10_000, interval: 10 };
const saved = (room: DocRoom) => vi.waitFor(() => expect(room.status.kind).toBe("saved"), waiting);

test("two people type at once over a failing network: no character is lost or doubled, and 'saved' is in the database", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "# start\n");
  const door = await aDoor(ctx);
  const a = await aPage(door.url, file.fileId);
  const b = await aPage(door.url, file.fileId);

  for (let i = 0; i < 150; i++) {
    a.room.text.insert(a.room.text.length, `a${i};`);
    b.room.text.insert(0, `b${i};`);
    if (i === 40 || i === 90) door.cut();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all([saved(a.room), saved(b.room)]);
  const stored = (await readFile(ctx, file)).text ?? "";

  for (let i = 0; i < 150; i++) for (const mark of [`a${i};`, `b${i};`]) expect(stored.split(mark).length - 1, mark).toBe(1);
  await vi.waitFor(() => expect([a.room.text.toString(), b.room.text.toString()]).toEqual([stored, stored]), waiting);
});

test("'saved' is said only when the text is stored", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "x");
  const { room } = await aPage((await aDoor(ctx)).url, file.fileId);
  const seen: boolean[] = [];
  for (let i = 0; i < 20; i++) {
    room.text.insert(0, `${i},`);
    expect(room.unsavedCount).toBeGreaterThan(0);
    await saved(room);
    seen.push((await readFile(ctx, file)).text === room.text.toString());
  }
  expect(seen.every(Boolean)).toBe(true);
});

test("while nothing can be stored the client keeps its text and says since when; it is stored when the store is back", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "x");
  let isAway = false;
  // The pool as it behaves when PostgreSQL is stopped; the error is the one that pg throws.
  const gone = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const sql = new Proxy(ctx.sql, {
    get(pool, key) {
      const value: unknown = Reflect.get(pool, key, pool);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => (isAway && (key === "connect" || key === "query") ? Promise.reject(gone) : (value.apply(pool, args) as unknown));
    },
  });
  const { room } = await aPage((await aDoor({ ...ctx, sql })).url, file.fileId);

  isAway = true;
  room.text.insert(1, "yz");
  await vi.waitFor(() => expect(room.status).toMatchObject({ kind: "offline", unsaved: 1 }), waiting);
  room.text.insert(3, "!");
  expect((await readFile(ctx, file)).text).toBe("x");
  isAway = false;
  await saved(room);
  expect((await readFile(ctx, file)).text).toBe("xyz!");
});

test("what another door writes reaches an open document as a change, beside what is typed in it", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "one\ntwo\n");
  const { room } = await aPage((await aDoor(ctx)).url, file.fileId);
  room.text.insert(0, "zero\n");
  await saved(room);
  await writeFile(ctx, { projectId: file.projectId, path: file.path, bytes: Buffer.from("zero\none\ntwo\nthree\n") });
  await vi.waitFor(() => expect(room.text.toString()).toBe("zero\none\ntwo\nthree\n"), waiting);
});

test("a reader sees and cannot write, a stranger learns nothing, and a person whose access changed is let go at once", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "secret");
  const viewer = await aPerson(ctx, "viewer");
  const door = await aDoor(viewer);
  const reading = await aPage(door.url, file.fileId);
  expect(reading.room.text.toString()).toBe("secret");
  expect(reading.room.canEdit).toBe(false);
  reading.room.text.insert(0, "not ");
  await vi.waitFor(() => expect(reading.room.status.kind).toBe("replaced"), waiting);
  expect((await readFile(ctx, file)).text).toBe("secret");

  const stranger = await aPage((await aDoor(await aWorkspace())).url, file.fileId);
  expect(stranger.room.status).toMatchObject({ kind: "error" });
  expect(stranger.room.text.toString()).toBe("");

  expect(door.count()).toBe(1);
  if (viewer.actor.kind === "user") announce(ctx, `access:${viewer.actor.userId}`);
  await vi.waitFor(() => expect(door.count()).toBe(0), { timeout: 5_000, interval: 5 });
});

test("a name is the server's to give: two people see each other's name, colour and caret", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "abc");
  const [ann, ben] = [await aPerson(ctx, "editor"), await aPerson(ctx, "owner")];
  const a = await aPage((await aDoor(ann)).url, file.fileId);
  const b = await aPage((await aDoor(ben)).url, file.fileId);
  a.room.setSelection({ anchor: { x: 1 }, head: { x: 1 } });
  await vi.waitFor(() => expect([...b.room.peers.values()]).toMatchObject([{ name: "A editor", color: "teal", selection: { head: { x: 1 } } }]), waiting);
  a.client.destroy();
  await vi.waitFor(() => expect(b.room.peers.size).toBe(0), waiting);
});

test("garbage ends the connection that sent it, and no other", async () => {
  const ctx = await aWorkspace();
  const file = await aFile(ctx, "abc");
  const door = await aDoor(ctx);
  const good = await aPage(door.url, file.fileId);
  for (const message of ["{", '{"type":"join"}', Buffer.from([1, 2]), Buffer.alloc(40, 255)]) {
    const ws = new WebSocket(door.url);
    await once(ws, "open");
    ws.send(message);
    const [code] = await once(ws, "close");
    expect(code).toBe(4400);
  }
  const bad = new WebSocket(door.url);
  await once(bad, "open");
  bad.send(JSON.stringify({ type: "join", room: 1, fileId: file.fileId }));
  await once(bad, "message");
  bad.send(Buffer.concat([Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), Buffer.alloc(60, 200)]));
  await vi.waitFor(async () => {
    const [data, isBinary] = await once(bad, "message");
    expect(isBinary ? "" : String(data)).toContain('"refused"');
  }, waiting);
  bad.close();
  good.room.text.insert(3, "d");
  await saved(good.room);
  expect((await readFile(ctx, file)).text).toBe("abcd");
});

test("who joins with a state that is none is refused, and counts as nobody's peer", async () => {
  const ctx = await aWorkspace();
  const { fileId } = await aFile(ctx, "a = 1\n");
  const door = await aDoor(await aPerson(ctx, "viewer"));
  const broken = new WebSocket(door.url);
  await once(broken, "open");
  ends.push(() => broken.terminate());
  for (const [room, stateVector] of ["/////w==", "A"].entries()) {
    broken.send(JSON.stringify({ type: "join", room, fileId, stateVector }));
    const [data] = (await once(broken, "message")) as [Buffer];
    expect(JSON.parse(String(data))).toMatchObject({ type: "refused", kind: "invalid" });
  }
  const well = new WebSocket(door.url);
  await once(well, "open");
  ends.push(() => well.terminate());
  well.send(JSON.stringify({ type: "join", room: 0, fileId }));
  const [data] = (await once(well, "message")) as [Buffer];
  expect((JSON.parse(String(data)) as { peers: unknown[] }).peers).toHaveLength(1);
});
