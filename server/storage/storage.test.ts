import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type S3ForTests, startVersitygw } from "@/e2e/support/versitygw";
import { DiskStorage } from "./disk-storage";
import { S3Storage } from "./s3-storage";
import type { OpenedBytes, Storage } from "./types";

/* One contract, two stores: a folder, and a real S3 service. */

const MiB = 1024 * 1024;
let dir: string;
let s3: S3ForTests;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "flowbook-store-"));
  s3 = await startVersitygw();
  vi.stubEnv("AWS_ACCESS_KEY_ID", s3.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", s3.secretAccessKey);
}, 16 * 60_000);

afterAll(async () => {
  await s3?.stop();
  await rm(dir, { recursive: true, force: true });
});

const open = (kind: string): Storage => (kind === "disk" ? new DiskStorage(dir, { reserveBytes: 0 }) : new S3Storage({ bucket: s3.bucket, prefix: "some/where", endpoint: s3.endpoint }));

async function* pieces(bytes: Buffer, { failAt = Number.POSITIVE_INFINITY, size = 64 * 1024 } = {}) {
  for (let at = 0; at < bytes.length; at += size) {
    if (at >= failAt) throw Object.assign(new Error("gone"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    yield bytes.subarray(at, at + size);
  }
}

const read = async (store: Storage, key: string) => store.read(key, await store.size(key));
async function pumped(opened: OpenedBytes): Promise<Buffer> {
  const parts: Buffer[] = [];
  await opened.pump(async (piece) => {
    await Promise.resolve();
    parts.push(Buffer.from(piece));
  });
  return Buffer.concat(parts);
}

async function keysOf(store: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list({ except: ["_kept/"] })) keys.push(...page.map((o) => o.key));
  return keys.sort();
}

describe.each(["disk", "s3"])("%s", (kind) => {
  test("what is put is read back, whole and in part, and hashed", async () => {
    const store = open(kind);
    const small = await store.put("a/1", Readable.from(["hello"]), { expectedBytes: 5 });
    expect(small).toEqual({ sizeBytes: 5 });
    expect(await store.put("a/empty", Readable.from([]), { expectedBytes: 0 })).toMatchObject({ sizeBytes: 0 });
    const bytes = randomBytes(13 * MiB + 7);
    await store.put("a/large", pieces(bytes));
    expect(await store.size("a/large")).toBe(bytes.length);
    expect((await read(store, "a/large")).equals(bytes)).toBe(true);
    expect((await pumped(await store.open("a/large"))).equals(bytes)).toBe(true);
    expect((await pumped(await store.open("a/large", { start: 300_000, end: 900_001 }))).equals(bytes.subarray(300_000, 900_002))).toBe(true);
    const part = await store.open("a/large", { start: 6 * MiB, end: 6 * MiB + 99 });
    expect((await buffer(part.stream)).equals(bytes.subarray(6 * MiB, 6 * MiB + 100))).toBe(true);
    expect(part.sizeBytes).toBe(bytes.length);
    expect((await read(store, "a/empty")).length).toBe(0);
    await store.put("a/1", Readable.from(["again"]));
    expect((await read(store, "a/1")).toString()).toBe("again");
  });

  test("what is not there is not found, and removing it is no failure", async () => {
    const store = open(kind);
    await expect(store.open("no/such")).rejects.toMatchObject({ kind: "not_found" });
    await expect(store.size("no/such")).rejects.toMatchObject({ kind: "not_found" });
    expect(await store.exists("no/such")).toBe(false);
    await store.put("b/1", Readable.from(["x"]));
    await store.remove(["no/such", "b/1", "b/2"]);
    expect(await store.exists("b/1")).toBe(false);
  });

  test.each([["small", 200_000, 100_000], ["large", 12 * MiB, 9 * MiB]])("a %s put that breaks off leaves what was there, and nothing else", async (_, length, failAt) => {
    const store = open(kind);
    await store.put("c/kept", Readable.from(["old"]));
    await expect(store.put("c/kept", pieces(randomBytes(length), { failAt }))).rejects.toThrow("gone");
    await expect(store.put("c/new", pieces(randomBytes(length), { failAt }))).rejects.toThrow("gone");
    expect((await read(store, "c/kept")).toString()).toBe("old");
    expect(await store.exists("c/new")).toBe(false);
    expect(await store.sweepUnfinished({ before: new Date(Date.now() + 60_000), isDryRun: true })).toMatchObject({ count: 0 });
  });

  test("another size than was said, or more than is allowed, stores nothing", async () => {
    const store = open(kind);
    await expect(store.put("d/1", Readable.from(["four"]), { expectedBytes: 5 })).rejects.toMatchObject({ kind: "invalid" });
    await expect(store.put("d/1", Readable.from(["fourteen"]), { maxBytes: 5 })).rejects.toMatchObject({ kind: "too_large" });
    const unread = Readable.from(["x"]);
    await expect(store.put("d/1", unread, { maxBytes: 5, expectedBytes: 6 })).rejects.toMatchObject({ kind: "too_large" });
    expect(unread.readableDidRead).toBe(false);
    expect(await store.exists("d/1")).toBe(false);
  });

  test("every file is listed once, but for what is left out", async () => {
    const store = open(kind);
    await store.remove(await keysOf(store));
    const keys = Array.from({ length: 30 }, (_, i) => `e/${i % 3}/${i}`).sort();
    for (const key of [...keys, "_kept/tree"]) await store.put(key, Readable.from([key]));
    expect(await keysOf(store)).toEqual(keys);
    await store.remove(keys.slice(1));
    expect(await keysOf(store)).toEqual(keys.slice(0, 1));
  });

  test("a key that leads elsewhere is refused", async () => {
    const store = open(kind);
    for (const key of ["../x", "/etc/passwd", "a//b", "a/./b", "", "a\u0000b"]) await expect(store.put(key, Readable.from(["x"])), key).rejects.toMatchObject({ kind: "invalid" });
  });
});

test("a link in the store's folder leads nowhere", async () => {
  const outside = await mkdtemp(join(tmpdir(), "flowbook-outside-"));
  await writeFile(join(outside, "secret"), "secret");
  await mkdir(join(dir, "f"), { recursive: true });
  await symlink(outside, join(dir, "f", "link"));
  await symlink(join(outside, "secret"), join(dir, "f", "direct"));
  const store = open("disk");
  for (const key of ["f/link/secret", "f/direct", "f/link"]) await expect(store.open(key), key).rejects.toMatchObject({ kind: "not_found" });
  await expect(store.put("f/link/new", Readable.from(["x"]))).rejects.toThrow();
  await store.remove(["f/link/secret"]);
  expect(await readdir(outside)).toEqual(["secret"]);
  await rm(outside, { recursive: true });
});

test("a disk keeps its reserve", async () => {
  const store = new DiskStorage(dir, { reserveBytes: Number.MAX_SAFE_INTEGER });
  await expect(store.put("g/1", Readable.from(["x"]))).rejects.toMatchObject({ kind: "storage_full" });
  const free = (await store.freeBytes()) ?? 0;
  await expect(new DiskStorage(dir, { reserveBytes: 0 }).put("g/1", Readable.from(["x"]), { expectedBytes: free * 2 })).rejects.toMatchObject({ kind: "storage_full" });
});

test("an S3 service that is away or refuses is unavailable, in words", async () => {
  const away = new S3Storage({ bucket: "b", prefix: "", endpoint: "http://127.0.0.1:9" });
  await expect(away.open("x")).rejects.toMatchObject({ kind: "unavailable" });
  await expect(away.put("x", Readable.from(["x"]))).rejects.toMatchObject({ kind: "unavailable" });
  const noBucket = new S3Storage({ bucket: "no-such-bucket", prefix: "", endpoint: s3.endpoint });
  await expect(noBucket.open("x")).rejects.toThrow("has no such bucket");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "wrong");
  await expect(open("s3").put("x", Readable.from(["x"]))).rejects.toThrow("refuses this server's credentials");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", s3.secretAccessKey);
});
