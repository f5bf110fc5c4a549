import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { z } from "zod";
import { treeKeyOf } from "@/server/domain/projects";
import { store } from "@/server/storage";

/** A frozen tree's files: path → sha256 of the bytes. */
export type Manifest = Record<string, string>;

const manifestSchema = z.record(z.string(), z.string());

/** Writes a frozen tree out. Half a tree is never left under the name, so a runner that was killed here begins anew. */
export async function checkOut({ treeHash, dir, manifestFile }: { treeHash: string; dir: string; manifestFile: string }): Promise<Manifest> {
  if (existsSync(dir) && existsSync(manifestFile)) return readManifest(manifestFile);
  const partial = `${dir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await rm(dir, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const { stream } = await store.open(treeKeyOf(treeHash));
  const manifest = await unpack(stream, partial);
  await writeFile(`${manifestFile}.partial`, JSON.stringify(manifest));
  await rename(`${manifestFile}.partial`, manifestFile);
  await rename(partial, dir);
  return manifest;
}

export async function readManifest(manifestFile: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(manifestFile, "utf8")));
}

async function unpack(source: Readable, dir: string): Promise<Manifest> {
  const manifest: Manifest = {};
  const files = extract();
  const fed = pipeline(source, files);
  for await (const entry of files) {
    const { name, type, mode } = entry.header;
    const path = posix.normalize(name).replace(/\/$/, "");
    // The tar is our own work; a path that leaves the folder would be a fault of ours, not a thing to carry out.
    if (path.startsWith("../") || path === ".." || posix.isAbsolute(path)) throw new Error(`a frozen tree holds the path '${name}'`);
    if (type === "file" && path !== ".") {
      const target = join(dir, path);
      await mkdir(dirname(target), { recursive: true });
      const hash = createHash("sha256");
      entry.on("data", (chunk) => hash.update(chunk as Buffer));
      await pipeline(entry, createWriteStream(target, { flags: "wx", mode: (mode ?? 0) & 0o100 ? 0o755 : 0o644 }));
      manifest[path] = hash.digest("hex");
    } else {
      entry.resume();
    }
  }
  await fed;
  return manifest;
}
