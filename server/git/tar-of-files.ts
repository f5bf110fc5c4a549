import { Readable } from "node:stream";
import tar from "tar-stream";
import type { TreeFile } from "./commit-tree";

/** One moment for all, so that a tree's tar is the same whenever it is made; after 1980, as zip files made from it need. */
const mtime = new Date("2020-01-01T00:00:00Z");

/**
 * The tar of a tree. Not `git archive`: a project's .gitattributes would change bytes and leave files out there.
 */
export function tarOfFiles(files: TreeFile[]): Readable {
  const pack = tar.pack();
  void (async () => {
    try {
      for (const { path, bytes, isExecutable } of files) {
        await new Promise<void>((done, fail) => {
          const entry = pack.entry({ name: path, size: bytes.length, mode: isExecutable ? 0o755 : 0o644, mtime, type: "file" }, (error) => (error ? fail(error) : done()));
          entry.on("error", fail);
          entry.end(bytes);
        });
      }
      pack.finalize();
    } catch (error) {
      pack.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  })();
  return Readable.from(pack as AsyncIterable<Buffer>, { objectMode: false });
}
