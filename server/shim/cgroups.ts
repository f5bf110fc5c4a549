import { readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { ShimSpec } from "@/common/shim";

/** Whether the kernel ended something in the step's control group for its memory. */
export function hasRunOutOfMemory(cgroups: ShimSpec["cgroups"]): boolean {
  for (const { kind, dir } of cgroups) {
    const file = kind === "memory-v1" ? "memory.oom_control" : kind === "v2" ? "memory.events" : null;
    try {
      if (file && Number(/^oom_kill (\d+)/m.exec(readFileSync(join(dir, file), "utf8"))?.[1] ?? 0) > 0) return true;
    } catch {
      // Removed by somebody else.
    }
  }
  return false;
}

/** The kernel answers "busy" for a while after the last process is gone. */
export async function removeCgroups(cgroups: ShimSpec["cgroups"]): Promise<void> {
  for (const { dir } of cgroups) {
    for (let attempt = 0; attempt < 40; attempt++) {
      try {
        rmdirSync(dir);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EBUSY") break;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }
}
