import { type FileHandle, opendir } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../errors";

/** Pieces in which files are read. */
export const pieceBytes = 512 * 1024;

/** What the system says of a path where there is no file of ours. */
export const missingCodes = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/** The paths of all files below a folder, but for those that begin with one of `except`. Links are passed over. */
export async function* walkFiles(rootDir: string, prefix: string, except: string[]): AsyncGenerator<string> {
  const dir = await opendir(join(rootDir, prefix)).catch(() => null);
  if (!dir) return;
  for await (const entry of dir) {
    const path = `${prefix}${entry.name}`;
    if (except.some((e) => path.startsWith(e) || `${path}/` === e)) continue;
    if (entry.isDirectory()) yield* walkFiles(rootDir, `${path}/`, except);
    else if (entry.isFile()) yield path;
  }
}

/** Reads the next piece while the last is being written. */
export async function pump(file: FileHandle, start: number, end: number, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
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

/** Writes the pieces to the end of the file. */
export async function writeAll(file: FileHandle, pieces: Uint8Array[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces);
  if (bytesWritten === length) return;
  // A write that was cut short says why when it is tried again.
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let at = 0; at < rest.byteLength; ) at += (await file.write(rest, at)).bytesWritten;
}

/** What the system says of names that clash or are too long, as the sender's fault. */
export function asPathError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "EISDIR" || code === "ENOTEMPTY") return invalid("A folder of this name is there already.");
  if (code === "ENOTDIR" || code === "EEXIST") return invalid("A part of this path is a file, so nothing can be stored below it.");
  if (code === "ENAMETOOLONG") return invalid("Invalid path");
  return error;
}

/** Lets pass that something is not there. */
export function ignoreAbsent(error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (missingCodes.has(code) || (error instanceof Error && error.name === "DomainError")) return;
  throw error;
}
