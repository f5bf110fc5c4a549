/** The metrics a small place shows first: measured on held-out data before others, the system's own left out. */
export function headlineMetrics<M extends { key: string }>(metrics: readonly M[], most: number): M[] {
  return metrics
    .filter((m) => !m.key.startsWith("system/"))
    .map((m, i) => ({ m, i, rank: rankOf(m.key) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, most)
    .map(({ m }) => m);
}

function rankOf(key: string): number {
  const name = key.toLowerCase();
  if (/^(val|valid|validation|test|eval)[_/.-]/.test(name)) return /rmse|acc|auc|f1|r2|mae/.test(name) ? 0 : 1;
  if (/rmse|acc|auc|f1|r2|mae|score/.test(name)) return 2;
  if (/loss/.test(name)) return 3;
  return 4;
}
