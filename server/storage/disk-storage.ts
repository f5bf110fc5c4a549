import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, readdir, realpath, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { invalid, notFound } from "../errors";
import { DiskRoom } from "./disk-room";
import { checkKey } from "./keys";
import { Meter } from "./meter";
import type { ByteRange, ByteSource, Freed, OpenedBytes, PutOptions, Storage, StoredObject, StoredSize } from "./types";

const stagingName = ".staging";
/** Written in pieces of this size, two in memory at most. */
const writeBytes = 1024 * 1024;
const pieceBytes = 256 * 1024;
const roomEveryBytes = 32 * 1024 * 1024;
/** A folder that was found to be no link is believed for this long. */
const believedMs = 10_000;
const missingCodes = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/**
 * Bytes by key in a folder. A put is written under a temporary name beside the store's tree, renamed, and synced: a reader sees
 * the old content or the new, never half. Symbolic links are never followed below the root.
 */
export class DiskStorage implements Storage {
  readonly place: string;
  private readonly stagingDir: string;
  private readonly room: DiskRoom;
  private readonly believed = new Map<string, number>();
  private realRoot: string | undefined;

  constructor(private readonly rootDir: string, options: { reserveBytes?: number | undefined } = {}) {
    this.place = rootDir;
    this.stagingDir = join(rootDir, stagingName);
    this.room = new DiskRoom(rootDir, options.reserveBytes);
  }

  async put(key: string, source: ByteSource, options: PutOptions = {}): Promise<StoredSize> {
    const target = this.pathOf(key);
    const meter = new Meter(options);
    await this.room.require(options.expectedBytes ?? 0);
    const staged = join(this.stagingDir, randomUUID());
    const file = await open(staged, "wx", 0o640).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(this.stagingDir, { recursive: true });
      return open(staged, "wx", 0o640);
    });
    let isMoved = false;
    try {
      await this.write(file, source, meter);
      const stored = meter.finish();
      await this.move(staged, target);
      isMoved = true;
      // After the rename, so that one sync makes both last. Nobody knows of the key before this put is done.
      await file.sync();
      return stored;
    } catch (error) {
      await rm(isMoved ? target : staged, { force: true }).catch(() => {});
      throw asPathError(error);
    } finally {
      await file.close();
    }
  }

  async open(key: string, range?: ByteRange): Promise<OpenedBytes> {
    const { file, sizeBytes } = await this.openFile(key);
    const [start, end] = range ? [range.start, Math.min(range.end, sizeBytes - 1)] : [0, sizeBytes - 1];
    let stream: Readable | undefined;
    return {
      sizeBytes,
      ...(range ? { range } : {}),
      get stream() {
        stream ??= file.createReadStream({ ...(range ? { start, end } : {}), autoClose: true, highWaterMark: pieceBytes });
        return stream;
      },
      pump: async (write) => {
        try {
          await pump(file, start, end, write);
        } finally {
          await file.close();
        }
      },
      close: async () => {
        stream?.destroy();
        await file.close();
      },
    };
  }

  async read(key: string, sizeBytes: number): Promise<Buffer> {
    const file = await this.openPath(key);
    try {
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      let at = 0;
      while (at < sizeBytes) {
        const { bytesRead } = await file.read(bytes, at, sizeBytes - at, at);
        if (bytesRead === 0) throw new Error("a stored file is shorter than it was");
        at += bytesRead;
      }
      return bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EISDIR") throw notFound("file", key);
      throw error;
    } finally {
      await file.close();
    }
  }

  async size(key: string): Promise<number> {
    const info = await this.lstatOf(key);
    if (!info?.isFile()) throw notFound("file", key);
    return info.size;
  }

  async exists(key: string): Promise<boolean> {
    return (await this.lstatOf(key))?.isFile() ?? false;
  }

  async remove(keys: string[]): Promise<void> {
    const dirs = new Set<string>();
    for (let at = 0; at < keys.length; at += 16) {
      await Promise.all(
        keys.slice(at, at + 16).map(async (key) => {
          const path = this.pathOf(key);
          await this.requireInside(dirname(path), key).then(() => unlink(path), ignoreAbsent).catch(ignoreAbsent);
          dirs.add(dirname(path));
        }),
      );
    }
    for (const dir of dirs) await this.dropEmpty(dir);
  }

  async *list({ except }: { except: string[] }): AsyncGenerator<StoredObject[]> {
    let page: StoredObject[] = [];
    for await (const key of this.walk("", [`${stagingName}/`, ...except])) {
      const info = await lstat(join(this.rootDir, key)).catch(() => null);
      if (info?.isFile()) page.push({ key, sizeBytes: info.size, modifiedAt: info.mtime });
      if (page.length < 500) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  async sweepUnfinished({ before, isDryRun }: { before: Date; isDryRun: boolean }): Promise<Freed> {
    const freed: Freed = { count: 0, sizeBytes: 0 };
    for (const name of await readdir(this.stagingDir).catch(() => [])) {
      const path = join(this.stagingDir, name);
      const info = await lstat(path).catch(() => null);
      if (!info?.isFile() || info.mtime >= before) continue;
      if (!isDryRun) await rm(path, { force: true });
      freed.count++;
      freed.sizeBytes += info.size;
    }
    return freed;
  }

  freeBytes(): Promise<number> {
    return this.room.freeBytes();
  }

  /** Reads on while the last piece is being written. */
  private async write(file: FileHandle, source: ByteSource, meter: Meter): Promise<void> {
    let pieces: Uint8Array[] = [];
    let waiting = 0;
    let nextRoomAt = roomEveryBytes;
    let writing: Promise<unknown> = Promise.resolve();
    try {
      for await (const chunk of source) {
        const bytes = meter.take(chunk);
        pieces.push(bytes);
        waiting += bytes.byteLength;
        if (waiting < writeBytes) continue;
        await writing;
        if (meter.sizeBytes >= nextRoomAt) {
          nextRoomAt += roomEveryBytes;
          await this.room.require(0);
        }
        writing = writeAll(file, pieces, waiting);
        writing.catch(() => {}); // awaited below; it may fail while the source is still thinking
        pieces = [];
        waiting = 0;
      }
    } finally {
      await writing;
    }
    if (waiting > 0) await writeAll(file, pieces, waiting);
  }

  private async move(staged: string, target: string): Promise<void> {
    const dir = dirname(target);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.requireInside(dir, target).catch(async () => {
          await mkdir(dir, { recursive: true, mode: 0o750 });
          await this.requireInside(dir, target);
        });
        await rename(staged, target);
        return;
      } catch (error) {
        // Whoever removed the folder's last file may have taken the folder as well.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 5) throw error;
        this.believed.delete(dir);
      }
    }
  }

  private pathOf(key: string): string {
    return join(this.rootDir, checkKey(key));
  }

  private async openFile(key: string): Promise<{ file: FileHandle; sizeBytes: number }> {
    const file = await this.openPath(key);
    const info = await file.stat();
    if (info.isFile()) return { file, sizeBytes: info.size };
    await file.close();
    throw notFound("file", key);
  }

  private async openPath(key: string): Promise<FileHandle> {
    const path = this.pathOf(key);
    await this.requireInside(dirname(path), key);
    return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (missingCodes.has(error.code ?? "")) throw notFound("file", key);
      throw error;
    });
  }

  private async lstatOf(key: string): Promise<Stats | null> {
    const path = this.pathOf(key);
    try {
      await this.requireInside(dirname(path), key);
      return await lstat(path);
    } catch (error) {
      if (missingCodes.has((error as NodeJS.ErrnoException).code ?? "") || (error instanceof Error && error.name === "DomainError")) return null;
      throw error;
    }
  }

  /** A folder, with links resolved, must be the folder that was written: a link planted on the way leads nowhere. */
  private async requireInside(dir: string, key: string): Promise<void> {
    const now = Date.now();
    if ((this.believed.get(dir) ?? 0) > now) return;
    try {
      this.realRoot ??= await realpath(this.rootDir);
      if ((await realpath(dir)) === join(this.realRoot, dir.slice(this.rootDir.length))) {
        if (this.believed.size > 5_000) this.believed.clear();
        this.believed.set(dir, now + believedMs);
        return;
      }
    } catch (error) {
      if (!missingCodes.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    throw notFound("file", key);
  }

  private async *walk(prefix: string, except: string[]): AsyncGenerator<string> {
    const dir = await opendir(join(this.rootDir, prefix)).catch(() => null);
    if (!dir) return;
    for await (const entry of dir) {
      const key = `${prefix}${entry.name}`;
      if (except.some((e) => key.startsWith(e) || `${key}/` === e)) continue;
      if (entry.isDirectory()) yield* this.walk(`${key}/`, except);
      else if (entry.isFile()) yield key;
    }
  }

  private async dropEmpty(from: string): Promise<void> {
    for (let dir = from; dir.length > this.rootDir.length; dir = dirname(dir)) {
      try {
        await rmdir(dir);
        this.believed.delete(dir);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") return; // not empty, or a writer has just put something there
      }
    }
  }
}

/** Reads the next piece while the last is being written. */
async function pump(file: FileHandle, start: number, end: number, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(pieceBytes, Math.max(end - start + 1, 1))));
  let writing = Promise.resolve();
  for (let at = start, turn = 0; at <= end; turn++) {
    const buffer = buffers[turn % 2] as Buffer; // there are two
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, end - at + 1), at);
    if (bytesRead === 0) throw new Error("a stored file became shorter while it was read");
    await writing;
    writing = write(buffer.subarray(0, bytesRead));
    writing.catch(() => {}); // awaited at the next turn; it may fail while the file is being read
    at += bytesRead;
  }
  await writing;
}

async function writeAll(file: FileHandle, pieces: Uint8Array[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces);
  if (bytesWritten === length) return;
  // A write that was cut short says why when it is tried again.
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let at = 0; at < rest.byteLength; ) at += (await file.write(rest, at)).bytesWritten;
}

function asPathError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "EISDIR" || code === "ENOTEMPTY") return invalid("A folder of this name is there already.");
  if (code === "ENOTDIR" || code === "EEXIST") return invalid("A part of this path is a file, so nothing can be stored below it.");
  if (code === "ENAMETOOLONG") return invalid("Invalid path");
  return error;
}

function ignoreAbsent(error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (missingCodes.has(code) || (error instanceof Error && error.name === "DomainError")) return;
  throw error;
}
