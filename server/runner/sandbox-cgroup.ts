import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ShimSpec } from "@/common/shim";

export type Cgroups = { groups: ShimSpec["cgroups"]; procsFiles: string[]; hasMemory: boolean; hasProcesses: boolean };

const none: Cgroups = { groups: [], procsFiles: [], hasMemory: false, hasProcesses: false };

/** Where a controller's hierarchy is mounted, and our own place in it. */
function placeOf(controller: "memory" | "pids" | "v2"): string | null {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n").map((line) => line.split(" "));
  const own = readFileSync("/proc/self/cgroup", "utf8").split("\n").map((line) => line.split(":"));
  const mount = mounts.find(([, , type, options]) => (controller === "v2" ? type === "cgroup2" : type === "cgroup" && options?.split(",").includes(controller)));
  const entry = own.find(([id, names]) => (controller === "v2" ? id === "0" : names?.split(",").includes(controller)));
  if (!mount?.[1] || !entry) return null;
  return join(mount[1], entry.slice(2).join(":"));
}

/**
 * Control groups that hold a step to its memory and number of processes, as far as this machine lets us make them: found out by
 * doing, never by a version. The launcher joins them; the shim removes them.
 */
export function makeCgroups(name: string, limits: { memoryBytes: number; processes: number }): Cgroups {
  return makeV2(name, limits) ?? makeV1(name, limits) ?? none;
}

function makeV2(name: string, { memoryBytes, processes }: { memoryBytes: number; processes: number }): Cgroups | null {
  try {
    const parent = placeOf("v2");
    if (!parent || !/\bmemory\b/.test(readFileSync(join(parent, "cgroup.controllers"), "utf8"))) return null;
    // Refused where the group has processes of its own and is not the root: then there is nothing to be had here.
    if (!/\bmemory\b/.test(readFileSync(join(parent, "cgroup.subtree_control"), "utf8"))) writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +pids");
    const dir = join(parent, `flowbook-${name}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "memory.max"), String(memoryBytes));
    tryWrite(join(dir, "memory.swap.max"), "0");
    tryWrite(join(dir, "memory.oom.group"), "1");
    const hasProcesses = tryWrite(join(dir, "pids.max"), String(processes + 8));
    return { groups: [{ kind: "v2", dir }], procsFiles: [join(dir, "cgroup.procs")], hasMemory: true, hasProcesses };
  } catch {
    return null;
  }
}

function makeV1(name: string, { memoryBytes, processes }: { memoryBytes: number; processes: number }): Cgroups | null {
  const made: Cgroups = { groups: [], procsFiles: [], hasMemory: false, hasProcesses: false };
  for (const [controller, file, value] of [["memory", "memory.limit_in_bytes", memoryBytes], ["pids", "pids.max", processes + 8]] as const) {
    const parent = placeOf(controller);
    if (!parent) continue;
    const dir = join(parent, `flowbook-${name}`);
    try {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, file), String(value));
      // Swap would let it grow past the limit; not every kernel counts it.
      if (controller === "memory") tryWrite(join(dir, "memory.memsw.limit_in_bytes"), String(value));
      made.groups.push({ kind: `${controller}-v1`, dir });
      made.procsFiles.push(join(dir, "cgroup.procs"));
      if (controller === "memory") made.hasMemory = true;
      else made.hasProcesses = true;
    } catch {
      tryRemove(dir);
    }
  }
  return made.groups.length > 0 ? made : null;
}

/** For groups that no shim was started for. @returns whether all are gone. */
export function removeCgroups({ groups }: Cgroups): boolean {
  return groups.map(({ dir }) => tryRemove(dir)).every(Boolean);
}

/** Groups of shims that were killed: empty (a group in use cannot be removed) and too old to be about to be joined. */
export function sweepCgroups(): void {
  for (const controller of ["memory", "pids", "v2"] as const) {
    try {
      const parent = placeOf(controller);
      for (const name of parent ? readdirSync(parent) : []) {
        if (parent && name.startsWith("flowbook-") && Date.now() - statSync(join(parent, name)).mtimeMs > 10 * 60_000) tryRemove(join(parent, name));
      }
    } catch {
      // No such hierarchy, or not ours.
    }
  }
}

function tryWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text);
    return true;
  } catch {
    return false;
  }
}

function tryRemove(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
