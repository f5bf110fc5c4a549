type Node = { id: string; parentRunId: string | null; startTimeMs: number };

/** The run first, then what is below it, each below its parent, oldest first. What hangs on a run that is not there stands below the root. */
export function orderTree<R extends Node, C extends Node>(root: R, below: C[]): { node: R | C; depth: number }[] {
  const known = new Set([root.id, ...below.map((c) => c.id)]);
  const kids = new Map<string, C[]>();
  for (const c of below) {
    const parent = c.parentRunId !== null && known.has(c.parentRunId) ? c.parentRunId : root.id;
    kids.set(parent, [...(kids.get(parent) ?? []), c]);
  }
  const rows: { node: R | C; depth: number }[] = [{ node: root, depth: 0 }];
  const seen = new Set([root.id]);
  const walk = (id: string, depth: number) => {
    for (const c of (kids.get(id) ?? []).sort((a, b) => a.startTimeMs - b.startTimeMs)) {
      if (seen.has(c.id)) continue;
      seen.add(c.id);
      rows.push({ node: c, depth });
      walk(c.id, depth + 1);
    }
  };
  walk(root.id, 1);
  return rows;
}

/** At most six round marks for an axis of this length, in ms from its start. */
export function axisTicks(spanMs: number): number[] {
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000, 3_600_000];
  const step = steps.find((s) => spanMs / s <= 5) ?? Math.ceil(spanMs / 5 / 3_600_000) * 3_600_000;
  return Array.from({ length: Math.floor((spanMs * 0.97) / step) + 1 }, (_, i) => i * step);
}
