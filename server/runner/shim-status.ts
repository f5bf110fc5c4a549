import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ShimStatus } from "./sandbox-types";

/** What the shim last wrote of itself; null when there is none (yet). It is replaced as a whole, so it is never half. */
export async function readStatus(jobDir: string): Promise<ShimStatus | null> {
  try {
    // The runner and its shim are one version's work, or of versions that keep to ShimStatus.version 1.
    return JSON.parse(await readFile(join(jobDir, "status.json"), "utf8")) as ShimStatus;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

export type ProcessId = { pid: number; startTicks: number; bootId: string };

let bootId: string | undefined;

/** Whether that very process lives: pids are used again, so its start and the boot must agree. */
export function isAlive(process: ProcessId): boolean {
  try {
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8");
    // The name in parentheses may hold blanks and parentheses itself; state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return process.bootId === bootId && fields[0] !== "Z" && Number(fields[19]) === process.startTicks;
  } catch {
    return false;
  }
}
