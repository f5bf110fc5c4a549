/*
 * What process trees have used: processor time from /proc/<pid>/stat (own time and that of children which ended), memory from
 * smaps_rollup. Linux only. The tick is 10 ms, so a window must hold many operations.
 */
import { readdirSync, readFileSync } from "node:fs";

const tickMs = 10;

function read(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  if (!text) return undefined;
  const f = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, ppid: Number(f[1]), ticks: Number(f[11]) + Number(f[12]) + Number(f[13]) + Number(f[14]), startedAt: f[19] };
}

/** A root process and everything below it; a process whose parent ended stays in it. */
export class ProcessTree {
  #known = new Map();

  constructor(rootPid) {
    const root = statOf(rootPid);
    if (!root) throw new Error(`There is no process ${rootPid}.`);
    this.#known.set(rootPid, root.startedAt);
  }

  /** The living ones. */
  #members() {
    const all = new Map();
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const stat = statOf(Number(name));
      if (stat) all.set(stat.pid, stat);
    }
    for (const [pid, startedAt] of this.#known) if (all.get(pid)?.startedAt !== startedAt) this.#known.delete(pid);
    for (let grew = true; grew; ) {
      grew = false;
      for (const { pid, ppid, startedAt } of all.values()) {
        if (this.#known.has(pid) || !this.#known.has(ppid)) continue;
        this.#known.set(pid, startedAt);
        grew = true;
      }
    }
    return [...this.#known.keys()].map((pid) => all.get(pid)).filter(Boolean);
  }

  get pids() {
    return this.#members().map((m) => m.pid);
  }

  /** Processor time so far, in ms. */
  cpuMs() {
    return this.#members().reduce((sum, m) => sum + m.ticks, 0) * tickMs;
  }

  /** Memory in bytes: `pss` shares what is shared, `rss` counts it for each. `rssOnly` is cheap enough for sampling. */
  memory({ rssOnly = false } = {}) {
    let rss = 0;
    let pss = 0;
    const pids = this.pids;
    for (const pid of pids) {
      rss += Number(read(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0) * 4096;
      if (!rssOnly) pss += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0) * 1024;
    }
    return { rss, pss, processes: pids.length };
  }
}

/** Runs `work` and gives the most that the tree's RSS grew meanwhile, in bytes. */
export async function watchGrowth(tree, work) {
  const before = tree.memory({ rssOnly: true }).rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, tree.memory({ rssOnly: true }).rss);
  }, 100);
  try {
    const result = await work();
    most = Math.max(most, tree.memory({ rssOnly: true }).rss);
    return { result, growth: most - before };
  } finally {
    clearInterval(timer);
  }
}
