import { createHash } from "node:crypto";
import { limits as common } from "@/common/limits";
import { type Outline, readOutline } from "@/common/mlproject";
import type { Manifest } from "./check-out";
import { type Walk, walkTree } from "./walk-tree";

/** What tools leave beside code; it is not the code. */
const leftOut = new Set(["__pycache__", ".git", "mlruns", ".ipynb_checkpoints", ".pytest_cache", ".venv"]);
const codeFileBytes = 2 * 1024 * 1024;

export type ReadTree = { walk: Walk; hashes: Manifest; outline: Outline };

/** The tree as it stands on disk: its files' bytes, their hashes, its outline. New files over 2 MiB are results, not code. */
export async function readTree(dir: string, frozen: Manifest): Promise<ReadTree> {
  const walk = await walkTree(dir, (path) => !leftOut.has(path.slice(path.lastIndexOf("/") + 1)), {
    fileBytes: (path) => (path in frozen ? common.fileBytes : codeFileBytes),
    files: common.projectFiles,
    // More than a launch may take along, so that what was frozen is always read whole.
    totalBytes: 600 * 1024 * 1024,
  });
  const hashes: Manifest = Object.fromEntries(walk.files.map((f) => [f.path, createHash("sha256").update(f.bytes).digest("hex")]));
  const outline = readOutline(walk.files.map((f) => ({ path: f.path, text: f.bytes.length <= codeFileBytes && !f.bytes.includes(0) ? f.bytes.toString("utf8") : null })));
  return { walk, hashes, outline };
}

/** Whether the tree is still what was frozen, but for what is left out. */
export function isAsFrozen(hashes: Manifest, frozen: Manifest): boolean {
  const wanted = Object.entries(frozen).filter(([path]) => !path.split("/").some((part) => leftOut.has(part)));
  return Object.keys(hashes).length === wanted.length && wanted.every(([path, hash]) => hashes[path] === hash);
}
