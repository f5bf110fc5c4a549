import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startTicks } from "./lock";

const statusSchema = z.object({ state: z.string(), pid: z.number().int().positive(), startTicks: z.number() });

/**
 * Ends every step of the data folder at once: a killed shim takes its whole step along. The next start finds them gone and
 * says so. For the stop that does not wait; otherwise the runner ends steps in order.
 */
export function killSteps(dataDir: string): void {
  let jobs: string[];
  try {
    jobs = readdirSync(join(dataDir, "jobs"));
  } catch {
    return;
  }
  for (const job of jobs) {
    try {
      const status = statusSchema.parse(JSON.parse(readFileSync(join(dataDir, "jobs", job, "status.json"), "utf8")));
      // The pid may be another process's by now.
      if (status.state === "running" && startTicks(status.pid) === String(status.startTicks)) process.kill(status.pid, "SIGKILL");
    } catch {
      // No step was started there, or it has ended.
    }
  }
}
