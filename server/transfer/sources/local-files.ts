import { createReadStream, existsSync } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Readable } from "node:stream";
import { placeOf } from "../artifact-place";
import type { FileOwner, SourceFile } from "../types";

export type LocalFiles = { files: (owner: FileOwner) => AsyncIterable<SourceFile> | null; open: (owner: FileOwner, path: string) => Promise<Readable> };

/** Artifacts in folders of this machine; `root` is where the server's `mlflow-artifacts:` store lies, or where its folders were moved. */
export function localFiles(root: string | undefined): LocalFiles {
  const folderOf = (owner: FileOwner) => folder(owner, root);
  return {
    files: (owner) => {
      const found = folderOf(owner);
      return found === null ? null : walk(found);
    },
    open: async (owner, path) => {
      const found = folderOf(owner);
      if (found === null) throw new Error("These files lie in another store.");
      return createReadStream(join(found, path));
    },
  };
}

function folder(owner: FileOwner, root: string | undefined): string | null {
  const place = placeOf(owner.artifactUri);
  if (place.kind === "elsewhere") return null;
  if (place.kind === "proxied") {
    if (root === undefined) throw new Error("The files of this store are behind its server (mlflow-artifacts:). Say where they lie by --artifacts-root DIR, the folder that mlflow server was given as --artifacts-destination, or leave them out by --no-artifacts.");
    return join(root, place.path);
  }
  if (root === undefined || existsSync(place.path)) return place.path;
  // A folder that was moved keeps its last parts: <experiment>/<run>/artifacts, or <experiment>/models/<model>/artifacts.
  const parts = place.path.split(/[/\\]/).filter(Boolean);
  const kept = parts.slice(owner.kind === "run" ? -3 : -4);
  return join(root, ...kept);
}

async function* walk(folder: string, below = folder): AsyncIterable<SourceFile> {
  const dir = await opendir(below).catch((error: NodeJS.ErrnoException) => {
    // A run without artifacts has no folder.
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (dir === null) return;
  for await (const entry of dir) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* walk(folder, path);
    else {
      const info = await stat(path).catch(() => null);
      if (info?.isFile()) yield { path: relative(folder, path).split(sep).join("/"), sizeBytes: info.size };
    }
  }
}
