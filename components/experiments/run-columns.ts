import type { RunDetail } from "@/server/domain/runs";

export type ColumnGroup = "run" | "metric" | "param" | "tag";
export type Column = {
  /** `metric:val_rmse`, `run:took`. */
  id: string;
  group: ColumnGroup;
  key: string;
  title: string;
  isNumeric: boolean;
  /** How MLflow's search orders by it; null where it cannot. */
  order: string | null;
};

const quoted = (key: string) => (/^[A-Za-z_][\w.]*$/.test(key) ? key : `\`${key.replaceAll("`", "")}\``);
const runColumn = (key: string, title: string, isNumeric: boolean, order: string | null): Column => ({ id: `run:${key}`, group: "run", key, title, isNumeric, order });

const ofRun = [
  runColumn("status", "Status", false, "attributes.status"),
  runColumn("started", "Started", true, "attributes.start_time"),
  runColumn("took", "Took", true, null),
  runColumn("user", "Launched by", false, "attributes.user_id"),
  runColumn("version", "Version", false, "tags.`mlflow.source.git.commit`"),
];

const ownTag = (key: string) => !key.startsWith("mlflow.") && !key.startsWith("flowbook.");

/** Every column that these runs could fill, in the order of the chooser. */
export function allColumns(runs: RunDetail[]): Column[] {
  const metrics = new Set<string>();
  const params = new Map<string, boolean>();
  const tags = new Set<string>();
  for (const r of runs) {
    for (const m of r.latestMetrics) metrics.add(m.key);
    for (const p of r.params) params.set(p.key, (params.get(p.key) ?? true) && p.value.trim() !== "" && Number.isFinite(Number(p.value)));
    for (const t of r.tags) if (ownTag(t.key)) tags.add(t.key);
  }
  return [
    ...ofRun,
    ...[...metrics].sort().map((key): Column => ({ id: `metric:${key}`, group: "metric", key, title: key, isNumeric: true, order: `metrics.${quoted(key)}` })),
    ...[...params].sort(([a], [b]) => a.localeCompare(b)).map(([key, isNumeric]): Column => ({ id: `param:${key}`, group: "param", key, title: key, isNumeric, order: `params.${quoted(key)}` })),
    ...[...tags].sort().map((key): Column => ({ id: `tag:${key}`, group: "tag", key, title: key, isNumeric: false, order: `tags.${quoted(key)}` })),
  ];
}

/** What is shown until somebody chooses: start and time taken, then those metrics, params and tags that the most runs have. */
export function firstColumns(columns: Column[], runs: RunDetail[]): Set<string> {
  const uses = (c: Column) => runs.filter((r) => cellOf(r, c) !== null).length;
  const most = (group: ColumnGroup, n: number) => columns.filter((c) => c.group === group).map((c) => ({ c, n: uses(c) })).sort((a, b) => b.n - a.n).slice(0, n).map(({ c }) => c.id);
  return new Set(["run:started", "run:took", ...most("metric", 4), ...most("param", 4), ...most("tag", 1)]);
}

/** The value of a metric, param or tag, or null where the run has none. NaN stays NaN. */
export function cellOf(run: RunDetail, column: Column): number | string | null {
  if (column.group === "metric") {
    const found = run.latestMetrics.find((m) => m.key === column.key);
    return found ? (found.value ?? Number.NaN) : null;
  }
  const list = column.group === "param" ? run.params : column.group === "tag" ? run.tags : [];
  return list.find((x) => x.key === column.key)?.value ?? null;
}

/** Columns in which these runs differ. */
export function differing(columns: Column[], runs: RunDetail[]): Set<string> {
  return new Set(columns.filter((c) => c.group !== "run" && new Set(runs.map((r) => String(cellOf(r, c)))).size > 1).map((c) => c.id));
}

export type RunRow = { run: RunDetail; depth: number; childCount: number };

/**
 * Rows in the server's order, children below their parent where that is loaded. A family stands where its first member
 * does, so that sorting by a metric brings the family of the best step up.
 */
export function runRows(runs: RunDetail[], collapsed: ReadonlySet<string>): RunRow[] {
  const byId = new Map(runs.map((r) => [r.id, r]));
  const kids = new Map<string, RunDetail[]>();
  const rootOf = (run: RunDetail): RunDetail => {
    let at = run;
    for (let hops = 0; hops < 50; hops++) {
      const up = at.parentRunId ? byId.get(at.parentRunId) : undefined;
      if (!up || up === run) return at;
      at = up;
    }
    return run;
  };
  for (const r of runs) if (r.parentRunId && byId.has(r.parentRunId) && r.parentRunId !== r.id) kids.set(r.parentRunId, [...(kids.get(r.parentRunId) ?? []), r]);
  const rows: RunRow[] = [];
  const seen = new Set<string>();
  const put = (run: RunDetail, depth: number, isHidden: boolean) => {
    if (seen.has(run.id)) return;
    seen.add(run.id);
    const below = kids.get(run.id) ?? [];
    if (!isHidden) rows.push({ run, depth, childCount: below.length });
    for (const c of below) put(c, depth + 1, isHidden || collapsed.has(run.id));
  };
  for (const r of runs) put(rootOf(r), 0, false);
  return rows;
}
