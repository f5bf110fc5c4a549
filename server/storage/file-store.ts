import { createHash, randomUUID } from "node:crypto";
import { constants, createWriteStream, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invalid, notFound } from "../errors";
import { checkKey } from "./keys";

export type StoredSize = { sizeBytes: number; sha256: string };
export type ByteRange = { start: number; /** Inclusive, as in HTTP. */ end: number };
/** A range, or what to make of the file's size once it is open; it may throw. */
export type RangeChoice = ByteRange | ((sizeBytes: number) => ByteRange | undefined);
/** `sizeBytes` is the whole file's, also when only `range` of it is read. */
export type OpenedBytes = { stream: Readable; sizeBytes: number; range?: ByteRange };

/**
 * Bytes by key in a folder. A put is written under a temporary name beside the store's tree, synced, and renamed:
 * a reader sees the old content or the new, never half. Symbolic links are never followed below the root.
 */
export class FileStore {
  private readonly stagingDir: string;
  private hasSwept = false;

  constructor(private readonly rootDir: string) {
    this.stagingDir = join(rootDir, ".staging");
  }

  /** Stores the stream whole or not at all; an aborted stream leaves what was there. */
  async put(key: string, source: Readable): Promise<StoredSize> {
    const target = this.pathOf(key);
    await mkdir(this.stagingDir, { recursive: true });
    if (!this.hasSwept) void this.sweepStaging();
    const staged = join(this.stagingDir, randomUUID());
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(source, count, createWriteStream(staged, { flags: "wx", mode: 0o640, flush: true }));
      await this.makeParents(target);
      await rename(staged, target);
    } catch (error) {
      await rm(staged, { force: true });
      throw asPathError(error);
    }
    return { sizeBytes, sha256: hash.digest("hex") };
  }

  /** @throws DomainError `not_found` when there is no such file (a folder, a link, a device is none). */
  async open(key: string, range?: RangeChoice): Promise<OpenedBytes> {
    const path = this.pathOf(key);
    const file = await this.openFile(path, key);
    try {
      const { size } = await file.stat();
      const chosen = typeof range === "function" ? range(size) : range;
      const stream = file.createReadStream(chosen ? { start: chosen.start, end: chosen.end, autoClose: true } : { autoClose: true });
      return { stream, sizeBytes: size, range: chosen };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes of a stored file. @throws DomainError `not_found`. */
  async size(key: string): Promise<number> {
    const info = await this.lstatOf(key);
    if (!info?.isFile()) throw notFound("file", key);
    return info.size;
  }

  async exists(key: string): Promise<boolean> {
    return (await this.lstatOf(key))?.isFile() ?? false;
  }

  /** Removes the file of this key, or the folder and what is in it. Nothing there: nothing happens. */
  async remove(key: string): Promise<void> {
    const path = this.pathOf(key);
    const info = await this.lstatOf(key);
    if (!info) return;
    if (info.isDirectory()) await rm(path, { recursive: true, force: true });
    else await unlink(path).catch(ignoreMissing);
    await this.dropEmptyParents(path);
  }

  /** Uploads that a crash cut off are cleared away once they are a day old, when nobody can be writing them any more. */
  private async sweepStaging(): Promise<void> {
    this.hasSwept = true;
    const yesterday = Date.now() - 24 * 60 * 60 * 1000;
    for (const name of await readdir(this.stagingDir).catch(() => [])) {
      const path = join(this.stagingDir, name);
      const info = await lstat(path).catch(() => null);
      if (info && info.mtimeMs < yesterday) await rm(path, { force: true }).catch(() => {});
    }
  }

  private pathOf(key: string): string {
    return join(this.rootDir, checkKey(key));
  }

  private async openFile(path: string, key: string): Promise<FileHandle> {
    await this.requireInside(path, key);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"].includes(error.code ?? "")) throw notFound("file", key);
      throw error;
    });
    const info = await file.stat();
    if (info.isFile()) return file;
    await file.close();
    throw notFound("file", key);
  }

  private async lstatOf(key: string): Promise<Stats | null> {
    const path = this.pathOf(key);
    try {
      await this.requireInside(path, key);
      return await lstat(path);
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
      if (error instanceof Error && error.name === "DomainError") return null;
      throw error;
    }
  }

  /** The folder of a path, with links resolved, must be the folder that was written: a link planted on the way leads nowhere. */
  private async requireInside(path: string, key: string): Promise<void> {
    try {
      const root = await realpath(this.rootDir);
      const real = await realpath(dirname(path));
      if (real === join(root, dirname(path).slice(this.rootDir.length))) return;
    } catch (error) {
      if (!["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    throw notFound("file", key);
  }

  private async makeParents(target: string): Promise<void> {
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    await this.requireInside(target, target.slice(this.rootDir.length + 1));
  }

  private async dropEmptyParents(path: string): Promise<void> {
    for (let dir = dirname(path); dir.length > this.rootDir.length; dir = dirname(dir)) {
      try {
        await rmdir(dir);
      } catch {
        return; // not empty, or a writer has just put something there
      }
    }
  }
}

function asPathError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "EISDIR" || code === "ENOTEMPTY") return invalid("A folder of this name is there already.");
  if (code === "ENOTDIR" || code === "EEXIST") return invalid("A part of this path is a file, so nothing can be stored below it.");
  if (code === "ENAMETOOLONG") return invalid("Invalid path");
  return error;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
