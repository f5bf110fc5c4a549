import { createHash } from "node:crypto";
import type { FileOwner, Source, SourceRun } from "../types";

/** A history by metric: how many points, and a sum over them that does not depend on their order. */
export async function digestHistory(source: Source, run: SourceRun): Promise<Record<string, string>> {
  const sums = new Map<string, { count: number; sum: bigint }>();
  for await (const page of source.points(run)) {
    for (const p of page) {
      const entry = sums.get(p.key) ?? { count: 0, sum: 0n };
      entry.count++;
      entry.sum = BigInt.asUintN(64, entry.sum + createHash("sha1").update(`${p.step}/${p.timestampMs}/${p.value}`).digest().readBigUInt64BE(0));
      sums.set(p.key, entry);
    }
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { count, sum }]) => [key, `${count} points, ${sum.toString(16)}`]));
}

/** Files by path: size, and a digest of the content unless only sizes are asked for. */
export async function digestFiles(source: Source, owner: FileOwner, withContent: boolean): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for await (const file of source.files(owner) ?? []) {
    let words = `${file.sizeBytes} bytes`;
    if (withContent) {
      const hash = createHash("sha256");
      for await (const chunk of await source.openFile(owner, file.path)) hash.update(chunk as Buffer);
      words += `, ${hash.digest("hex").slice(0, 16)}`;
    }
    found.push([file.path, words]);
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
