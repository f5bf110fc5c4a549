/*
 * Two people type in one file: from sending a keystroke until the colleague's document holds it, and until "saved" comes back.
 *   node bench/keystroke.mjs http://127.0.0.1:3000 [--seconds 30] [--per-second 8] [--rooms 1]
 * Speaks /ws/docs as the editor does (common/live/docs-messages.ts). At the end both texts, and the stored one, must be the same.
 * With --rooms several pairs type at once, each in a file of its own.
 */
import WebSocket from "ws";
import * as Y from "yjs";
import { api, authorization, machine, option, spread } from "./support.mjs";

const args = process.argv.slice(2);
const seconds = option(args, "--seconds", 30);
const perSecond = option(args, "--per-second", 8);
const pairs = option(args, "--rooms", 1);
const base = (args[0] ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function aClient(fileId) {
  const socket = new WebSocket(`${base.replace(/^http/, "ws")}/ws/docs`, { headers: authorization });
  socket.binaryType = "arraybuffer";
  const doc = new Y.Doc();
  const client = { doc, socket, sent: new Map(), savedMs: [], waiting: [], colleague: null, next: 1 };
  await new Promise((done, fail) => {
    socket.on("error", fail);
    socket.on("open", () => socket.send(JSON.stringify({ type: "join", room: 1, fileId })));
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        Y.applyUpdate(doc, new Uint8Array(data, 5), "server");
        client.onUpdate?.();
        return done();
      }
      const message = JSON.parse(Buffer.from(data).toString());
      if (message.type === "refused") return fail(new Error(message.message));
      if (message.type !== "saved") return;
      const now = performance.now();
      for (const [seq, at] of client.sent) if (seq <= message.clientSeq) {
        client.savedMs.push(now - at);
        client.sent.delete(seq);
      }
    });
  });
  doc.on("update", (update, origin) => {
    if (origin === "server") return;
    const frame = Buffer.alloc(9 + update.byteLength);
    frame[0] = 1;
    frame.writeUInt32BE(1, 1);
    frame.writeUInt32BE(client.next, 5);
    frame.set(update, 9);
    const at = performance.now();
    client.sent.set(client.next++, at);
    client.waiting.push({ clock: Y.getState(doc.store, doc.clientID), at });
    socket.send(frame);
  });
  return client;
}

/** Notes when `to` holds what `from` typed. */
function watch(from, to, seenMs) {
  to.onUpdate = () => {
    const held = Y.getState(to.doc.store, from.doc.clientID);
    const now = performance.now();
    while (from.waiting.length && from.waiting[0].clock <= held) seenMs.push(now - from.waiting.shift().at);
  };
}

async function type(client, at) {
  const text = client.doc.getText("content");
  const until = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < until; n++) {
    text.insert(at === "start" ? Math.min(n, text.length) : text.length, n % 40 === 39 ? "\n" : String.fromCharCode(97 + (n % 26)));
    await pause((1000 / perSecond) * (0.5 + Math.random()));
  }
}

console.log(machine());
const { project } = await api(base, "POST", "/projects", { name: `bench-keys-${Date.now()}`, files: Object.fromEntries(Array.from({ length: pairs }, (_, i) => [`notes-${i}.md`, "# Notes\n"])) });
const listed = await fetch(`${base}/trpc/files.list?input=${encodeURIComponent(JSON.stringify({ projectId: project.id }))}`, { headers: authorization });
const files = (await listed.json()).result.data;
const seenMs = [];
const savedMs = [];
await Promise.all(
  files.map(async (file) => {
    const [a, b] = await Promise.all([aClient(file.id), aClient(file.id)]);
    watch(a, b, seenMs);
    watch(b, a, seenMs);
    await Promise.all([type(a, "start"), type(b, "end")]);
    for (let n = 0; n < 200 && (a.waiting.length || b.waiting.length || a.sent.size || b.sent.size); n++) await pause(50);
    const texts = [a, b].map((c) => c.doc.getText("content").toString());
    const stored = await (await fetch(`${base}/api/2.0/flowbook/projects/${project.id}/files/${file.path}`, { headers: authorization })).text();
    if (a.sent.size || b.sent.size) throw new Error("Some keystrokes were never acknowledged.");
    if (texts[0] !== texts[1] || texts[0] !== stored) throw new Error("The two texts and the stored one differ.");
    savedMs.push(...a.savedMs, ...b.savedMs);
    for (const c of [a, b]) c.socket.close();
  }),
);
console.log(`keystroke to colleague: ${spread(seenMs)}`);
console.log(`keystroke to "saved":   ${spread(savedMs)}`);
await api(base, "DELETE", `/projects/${project.id}`);
console.log(machine());
