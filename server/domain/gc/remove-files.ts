import { log } from "@/server/log";
import { type Freed, getStore } from "@/server/storage";

export type Removed = { count: number; files: Freed };

const keysAtOnce = 1_000;

/** After the commit: bytes whose rows are gone. What cannot be removed now is a stray file for a later clean-up. */
export async function removeFiles(keys: string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    const some = keys.slice(at, at + keysAtOnce);
    await getStore()
      .remove(some)
      .catch((error) => log.warn({ count: some.length, error: String(error) }, "files of what was removed are left for a later clean-up"));
  }
}
