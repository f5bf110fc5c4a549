import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "@/common/ids";

/** The name of the runner on a data folder. It is kept, so that the next one there knows its steps again. */
export function runnerId(dataDir: string): string {
  const path = join(dataDir, "run", "runner-id");
  if (existsSync(path)) {
    const kept = readFileSync(path, "utf8").trim();
    if (/^rnr_\w+$/.test(kept)) return kept;
  }
  mkdirSync(join(dataDir, "run"), { recursive: true });
  const made = newId("rnr");
  writeFileSync(path, `${made}\n`);
  return made;
}
