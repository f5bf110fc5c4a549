import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { DocsClient } from "@/components/editor/docs-client";
import { apiOf } from "../support/api";
import { until } from "../support/server";

const { url, dataDir } = inject("server");
const api = apiOf(url);

function aPage() {
  // ws follows the browser's interface in all that the client uses.
  return new DocsClient({ url: () => `${url.replace(/^http/, "ws")}/ws/docs`, makeSocket: (u) => new WebSocket(u, { origin: url }) as unknown as globalThis.WebSocket });
}

test("kill -9 of web while two people type: every character that was shown as saved is there once, also of the one who is gone", { timeout: 90_000 }, async () => {
  const { id } = await api.createProject("typing", { "notes.md": "# start\n" });
  const input = encodeURIComponent(JSON.stringify({ projectId: id }));
  const { result } = await api.call<{ result: { data: { id: string; path: string }[] } }>("GET", `/trpc/files.list?input=${input}`);
  const fileId = result.data.find((f) => f.path === "notes.md")?.id ?? "";

  const pages = ["a", "b"].map((name) => {
    const client = aPage();
    return { name, client, room: client.open(fileId), typed: 0, saved: 0 };
  });
  const [gone, stays] = pages;
  if (!gone || !stays) throw new Error("two pages were wanted");
  await until(() => pages.every((p) => p.room.isLoaded), 20_000, "the document did not open");

  const type = (p: (typeof pages)[number]) => {
    if (p.room.status.kind === "saved") p.saved = p.typed;
    p.room.text.insert(p.name === "a" ? 0 : p.room.text.length, `${p.name}${p.typed++};`);
  };
  const typing = setInterval(() => pages.forEach(type), 15);
  await until(() => gone.saved > 60 && stays.saved > 60, 20_000, "nothing was saved");

  process.kill(Number(readFileSync(join(dataDir, "run", "web.pid"), "utf8")), "SIGKILL");
  // One browser is closed at that moment: what it had been told is saved must not depend on it.
  if (gone.room.status.kind === "saved") gone.saved = gone.typed;
  gone.client.destroy();
  pages.shift();
  const typedAtKill = stays.typed;
  await until(() => stays.saved > typedAtKill + 60, 40_000, "the page that stayed did not come back");
  clearInterval(typing);
  await until(() => stays.room.status.kind === "saved", 20_000, "the last words were not saved");

  const stored = await (await fetch(`${url}/api/2.0/flowbook/projects/${id}/files/notes.md`)).text();
  const times = (mark: string) => stored.match(new RegExp(`(^|[^a-z0-9])${mark}`, "g"))?.length ?? 0;
  const wrong = [
    ...Array.from({ length: gone.saved }, (_, i) => `a${i};`),
    ...Array.from({ length: stays.typed }, (_, i) => `b${i};`),
  ].filter((mark) => times(mark) !== 1);
  expect(wrong).toEqual([]);
  expect(stays.room.text.toString()).toBe(stored);
  stays.client.destroy();
});
