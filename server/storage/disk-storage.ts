import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { notFound } from "../errors";
import { log } from "../log";
import { asPathError, ignoreAbsent, missingCodes, pieceBytes, pump, walkFiles, writeAll } from "./disk-io";
import { DiskRoom } from "./disk-room";
import { checkKey } from "./keys";
import { Meter } from "./meter";
import { RealRoot } from "./real-root";
import type { ByteRange, ByteSource, Freed, OpenedBytes, PutOptions, Storage, StoredObject, StoredSize } from "./types";

const stagingName = ".staging";
/** Written in pieces of this size, two in memory at most. */
const writeBytes = 1024 * 1024;
/** Up to this a file is held in memory while it comes. */
const smallBytes = 256 * 1024;
const roomEveryBytes = 32 * 1024 * 1024;

/**
 * Bytes by key in a folder. A put is written under a temporary name beside the store's tree, and renamed: a reader sees the old
 * content or the new, never half. Symbolic links are never followed below the root.
 */
export class DiskStorage implements Storage {
  readonly place: string;
  private readonly stagingDir: string;
  private readonly room: DiskRoom;
  private readonly root: RealRoot;
  private hasSwept = false;

  constructor(private readonly rootDir: string, options: { reserveBytes?: number | undefined } = {}) {
    this.place = rootDir;
    this.root = new RealRoot(rootDir);
    this.stagingDir = join(rootDir, stagingName);
    this.room = new DiskRoom(rootDir, options.reserveBytes);
  }

  async put(key: string, source: ByteSource, options: PutOptions = {}): Promise<StoredSize> {
    const target = this.pathOf(key);
    const meter = new Meter(options);
    await this.room.require(options.expectedBytes ?? 0);
    if (!this.hasSwept) this.sweepOnce();
    if (options.expectedBytes !== undefined && options.expectedBytes <= smallBytes) return this.putSmall(target, source, meter);
    const staged = join(this.stagingDir, randomUUID());
    const file = await open(staged, "wx", 0o640).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(this.stagingDir, { recursive: true });
      return open(staged, "wx", 0o640);
    });
    try {
      await this.write(file, source, meter);
      const stored = meter.finish();
      await this.move(staged, target);
      // After the rename, so that one sync makes both last; and not waited for, as that took as long again. It is there for whoever reads
      // it, whatever process dies. Begun at once, so that the machine's death may take seconds of uploads and not half a minute's.
      void file.sync().catch((error) => log.error({ err: error }, "an artifact may not be on the disk")).finally(() => file.close());
      return stored;
    } catch (error) {
      await file.close();
      await rm(staged, { force: true }).catch(() => {});
      throw asPathError(error);
    }
  }

  /**
   * A small file is gathered first and written at once, under the key that nobody knows yet. Not synced: that would cost ten times the
   * rest. It is there for whoever reads it, whatever process dies; what the machine's death may take is what it takes from MLflow's store.
   */
  private async putSmall(target: string, source: ByteSource, meter: Meter): Promise<StoredSize> {
    const pieces: Uint8Array[] = [];
    for await (const chunk of source) pieces.push(meter.take(chunk));
    const stored = meter.finish();
    const file = await this.openNew(target);
    try {
      if (stored.sizeBytes > 0) await writeAll(file, pieces, stored.sizeBytes);
    } catch (error) {
      await rm(target, { force: true }).catch(() => {});
      throw asPathError(error);
    } finally {
      await file.close();
    }
    return stored;
  }

  private async openNew(target: string): Promise<FileHandle> {
    const dir = dirname(target);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.root.requireInside(dir, target).catch(async () => {
          await mkdir(dir, { recursive: true, mode: 0o750 });
          await this.root.requireInside(dir, target);
        });
        return await open(target, "wx", 0o640);
      } catch (error) {
        // Whoever removed the folder's last file may have taken the folder as well.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 5) throw asPathError(error);
        this.root.forget(dir);
      }
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
          await this.root.requireInside(dirname(path), key).then(() => unlink(path), ignoreAbsent).catch(ignoreAbsent);
          dirs.add(dirname(path));
        }),
      );
    }
    for (const dir of dirs) await this.dropEmpty(dir);
  }

  async *list({ except }: { except: string[] }): AsyncGenerator<StoredObject[]> {
    let page: StoredObject[] = [];
    for await (const key of walkFiles(this.rootDir, "", [`${stagingName}/`, ...except])) {
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

  /** What a crash cut off is a day old before it is sure that nobody writes it any more. Once in a process that writes. */
  private sweepOnce(): void {
    this.hasSwept = true;
    const before = new Date(Date.now() - 24 * 60 * 60 * 1000);
    this.sweepUnfinished({ before, isDryRun: false }).catch((error) => log.info({ error: String(error) }, "old temporary files are left over"));
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
        await this.root.requireInside(dir, target).catch(async () => {
          await mkdir(dir, { recursive: true, mode: 0o750 });
          await this.root.requireInside(dir, target);
        });
        await rename(staged, target);
        return;
      } catch (error) {
        // Whoever removed the folder's last file may have taken the folder as well.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 5) throw error;
        this.root.forget(dir);
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
    await this.root.requireInside(dirname(path), key);
    return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (missingCodes.has(error.code ?? "")) throw notFound("file", key);
      throw error;
    });
  }

  private async lstatOf(key: string): Promise<Stats | null> {
    const path = this.pathOf(key);
    try {
      await this.root.requireInside(dirname(path), key);
      return await lstat(path);
    } catch (error) {
      if (missingCodes.has((error as NodeJS.ErrnoException).code ?? "") || (error instanceof Error && error.name === "DomainError")) return null;
      throw error;
    }
  }

  private async dropEmpty(from: string): Promise<void> {
    for (let dir = from; dir.length > this.rootDir.length; dir = dirname(dir)) {
      try {
        await rmdir(dir);
        this.root.forget(dir);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") return; // not empty, or a writer has just put something there
      }
    }
  }
}
