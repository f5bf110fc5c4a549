import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";

/*
 * Reads a folder that hostile code may be changing at this moment, as a process with more rights than that code. Every name is
 * opened below the open folder before it (/proc/self/fd/N/name) and never through a link, so nothing outside can be reached
 * by swapping a folder for a link between two looks.
 */

export type WalkedFile = { path: string; bytes: Buffer; isExecutable: boolean };
export type Walk = { files: WalkedFile[]; /** Left out, with the reason. */ skipped: { path: string; reason: string }[] };

type Limits = { fileBytes: (path: string) => number; files: number; totalBytes: number };

export async function walkTree(dir: string, isWanted: (path: string, isDir: boolean) => boolean, limits: Limits): Promise<Walk> {
  const walk: Walk = { files: [], skipped: [] };
  let totalBytes = 0;

  async function visit(folder: FileHandle, prefix: string, depth: number): Promise<void> {
    if (depth > 50) return;
    const here = `/proc/self/fd/${folder.fd}`;
    for (const name of (await readdir(here)).sort()) {
      const path = `${prefix}${name}`;
      const info = await lstat(`${here}/${name}`).catch(() => null);
      if (!info || !isWanted(path, info.isDirectory())) continue;
      if (info.isDirectory()) {
        await within(`${here}/${name}`, constants.O_DIRECTORY, (child) => visit(child, `${path}/`, depth + 1));
      } else if (info.isFile()) {
        if (walk.files.length >= limits.files) {
          walk.skipped.push({ path, reason: `there are more than ${limits.files} files` });
          return;
        }
        await within(`${here}/${name}`, 0, async (file) => {
          const { size, mode } = await file.stat();
          if (size > limits.fileBytes(path) || totalBytes + size > limits.totalBytes) {
            walk.skipped.push({ path, reason: "it is too large" });
            return;
          }
          const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
          totalBytes += bytesRead;
          walk.files.push({ path, bytes: buffer.subarray(0, bytesRead), isExecutable: (mode & 0o100) !== 0 });
        });
      }
    }
  }

  await within(dir, constants.O_DIRECTORY, (root) => visit(root, "", 0));
  return walk;
}

async function within(path: string, flags: number, act: (handle: FileHandle) => Promise<void>): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags);
  } catch (error) {
    // Gone or turned into something else meanwhile: not there.
    if (["ENOENT", "ELOOP", "ENOTDIR", "ENXIO", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    throw error;
  }
  try {
    await act(handle);
  } finally {
    await handle.close();
  }
}
