import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const textMax = 1024 * 1024;

/**
 * A text of the tree, or null. Project code may be at work in the tree: each name is opened below the open folder before it and never
 * through a link, or a link put in the way would have us read the server's files into an error message.
 */
export async function readTreeText(treeDir: string, path: string): Promise<string | null> {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..") || path.startsWith("/") || path.includes("\0")) return null;
  const opened: FileHandle[] = [];
  try {
    let here = treeDir;
    for (const [i, part] of ["", ...parts].entries()) {
      const isLast = i === parts.length;
      const handle = await open(i === 0 ? treeDir : `${here}/${part}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | (isLast ? 0 : constants.O_DIRECTORY));
      opened.push(handle);
      here = `/proc/self/fd/${handle.fd}`;
    }
    const file = opened.at(-1);
    const info = await file?.stat();
    if (!file || !info?.isFile() || info.size > textMax) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(info.size), 0, info.size, 0);
    return buffer.subarray(0, bytesRead).toString("utf8").replace(/^\uFEFF/, "");
  } catch {
    return null;
  } finally {
    for (const handle of opened) await handle.close().catch(() => {});
  }
}
