import { readdirSync, readFileSync } from "node:fs";

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

type Stat = { pid: number; parent: number; group: number; startTicks: number; command: string };

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold blanks and parentheses itself.
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    return { pid, command: text.slice(text.indexOf("(") + 1, end), parent: Number(fields[1]), group: Number(fields[2]), startTicks: Number(fields[19]) };
  } catch {
    return null;
  }
}

/** Clock ticks since boot at which the process started: with its pid and the boot id it is unmistakable. */
export const startTicksOf = (pid: number): number => statOf(pid)?.startTicks ?? 0;

/** The process and everything below it, parents first. */
function treeOf(root: number): Stat[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => statOf(Number(name)) ?? []);
  const children = new Map<number, Stat[]>();
  for (const s of all) children.set(s.parent, [...(children.get(s.parent) ?? []), s]);
  const found: Stat[] = all.filter((s) => s.pid === root);
  for (let i = 0; i < found.length; i++) found.push(...(children.get(found[i]?.pid ?? 0) ?? []));
  return found;
}

/** Signals the command, not the sandbox around it. @returns whether there was anything to signal. */
export function signalCommand(root: number, signal: NodeJS.Signals): boolean {
  const tree = treeOf(root);
  // The sandbox's own processes are one group, a chain of which the last is the launcher; its child leads the command's group. What
  // the command left behind hangs off the chain's middle, and is not it.
  const launcher = tree.filter((s) => s.group === tree[0]?.group).at(-1);
  const isBare = !/^(?:launcher|bwrap)/.test(tree[0]?.command ?? "");
  const command = isBare ? tree[0] : tree.find((s) => s.parent === launcher?.pid && s.group === s.pid);
  if (!command) return false;
  try {
    process.kill(-command.group, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends the whole tree; a sandbox's pid namespace goes with its first process. */
export function killTree(root: number): void {
  const tree = treeOf(root);
  for (const { pid } of tree) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
}

/** Memory of the tree, pages that processes share counted once (PSS), and what it keeps in shared memory. */
export function treeMemoryBytes(root: number): number {
  let kib = 0;
  for (const { pid } of treeOf(root)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // Gone, or not ours to look at.
    }
  }
  return kib * 1024;
}
