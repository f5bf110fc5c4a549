import type { RunDetail } from "@/server/domain/runs";

export type CompareRow = {
  group: "metric" | "param" | "made" | "tag";
  key: string;
  /** One for each run, in the order of the runs; null where it has none. Metrics are numbers, NaN among them. */
  values: (number | string | null)[];
  isDifferent: boolean;
};

/**
 * What runs have in common and where they differ: metrics, params, what they were made from, own tags. Those that differ come
 * first in each group.
 */
export function compareRows(runs: RunDetail[]): CompareRow[] {
  const tagOf = (run: RunDetail, key: string) => run.tags.find((t) => t.key === key)?.value ?? null;
  const keys = (pick: (r: RunDetail) => { key: string }[]) => [...new Set(runs.flatMap((r) => pick(r).map((x) => x.key)))].sort();
  const row = (group: CompareRow["group"], key: string, values: CompareRow["values"]): CompareRow => ({ group, key, values, isDifferent: new Set(values.map(String)).size > 1 });
  const isOwn = (key: string) => !key.startsWith("mlflow.") && !key.startsWith("flowbook.");
  const rows = [
    ...keys((r) => r.latestMetrics).map((key) => row("metric", key, runs.map((r) => { const m = r.latestMetrics.find((x) => x.key === key); return m ? (m.value ?? Number.NaN) : null; }))),
    ...keys((r) => r.params).map((key) => row("param", key, runs.map((r) => r.params.find((p) => p.key === key)?.value ?? null))),
    row("made", "Code", runs.map((r) => tagOf(r, "mlflow.source.git.commit")?.slice(0, 7) ?? null)),
    row("made", "Entry point", runs.map((r) => tagOf(r, "mlflow.project.entryPoint"))),
    row("made", "Data", runs.map((r) => r.inputs.datasets.map((d) => `${d.dataset.name} ${d.dataset.digest}`).join(", ") || null)),
    ...keys((r) => r.tags).filter(isOwn).map((key) => row("tag", key, runs.map((r) => tagOf(r, key)))),
  ].filter((r) => r.values.some((v) => v !== null));
  const order = ["param", "metric", "made", "tag"];
  return rows.sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group) || Number(b.isDifferent) - Number(a.isDifferent));
}
