import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import type { ShimStatus } from "@/common/shim";

const name = "status.json";

/** Replaces the status as a whole: a reader never sees a half one. On a full disk it tries again until it is written. */
export async function writeStatus(status: ShimStatus): Promise<void> {
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      const fd = openSync(`${name}.new`, "w", 0o600);
      try {
        writeSync(fd, JSON.stringify(status));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(`${name}.new`, name);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The folder is gone: nobody waits for the status any more.
      if (code === "ENOENT") return;
      if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EIO") throw error;
      await new Promise((done) => setTimeout(done, delayMs));
    }
  }
}
