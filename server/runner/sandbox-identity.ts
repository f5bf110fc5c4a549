import { createHash } from "node:crypto";
import { lchownSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The uid that steps of one identity run under when the server is root; null when it is not (bubblewrap keeps the user's own, and
 * only mounts separate steps).
 */
export function stepUid(identity: string): number | null {
  if (process.getuid?.() !== 0) return null;
  const n = createHash("sha256").update(identity).digest().readUInt32BE(0);
  // In a container with mapped users only the first 65536 may exist.
  const highest = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n").reduce((max, line) => Math.max(max, Number(line.trim().split(/\s+/)[0]) + Number(line.trim().split(/\s+/)[2])), 0);
  return highest > 1_200_000 ? 100_000 + (n % 1_000_000) : 20_000 + (n % 40_000);
}

/**
 * Hands a folder to a step. One that its uid owns already is left alone: a step may be at work in it, and a walk by path could be
 * led out of it by a link put in the way. For the same reason the folder itself is handed over last.
 */
export function handOver(dir: string, uid: number | null): void {
  if (uid === null || lstatSync(dir).uid === uid) return;
  const walk = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) walk(child);
      lchownSync(child, uid, uid);
    }
  };
  walk(dir);
  lchownSync(dir, uid, uid);
}
