"use client";

import { Columns3, Trash2, X } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useEffect, useMemo, useState } from "react";
import { plural } from "@/common/format";
import { lineStyle } from "@/components/charts/chart-data";
import { useTopic } from "@/components/live-socket";
import { Live } from "@/components/runs/run-charts";
import { useRunScope, WorkspaceRunScope } from "@/components/runs/scope";
import { type Crumb, TopBar } from "@/components/shell/topbar";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { errorKind, trpc } from "@/components/trpc";
import { Button, IconButton } from "@/components/ui/button";
import { isEnded, stateOfRunStatus } from "@/components/ui/status";
import { say, sayFailed } from "@/components/ui/toast";
import { ColumnChooser } from "./column-chooser";
import { FilterBox } from "./filter-box";
import { OverlayChart } from "./overlay-chart";
import { allColumns, differing, firstColumns, runRows } from "./run-columns";
import { RunsTable } from "./runs-table";
import { type Sort, useRuns } from "./use-runs";
import "../runs/runs.css";

export type RunsPageProps = { title: string; experiments: { id: number; name: string }[]; crumbs: Crumb[]; /** Where the choice of columns is remembered. */ viewKey: string; side?: React.ReactNode; actions?: React.ReactNode };

const firstSort: Sort = { order: "attributes.start_time", isAscending: false };
const mostLines = 6;

/** The runs of one or more experiments, live: table, filter, charts of what is selected. */
export function RunsPage(props: RunsPageProps) {
  return <WorkspaceRunScope><Page {...props} /></WorkspaceRunScope>;
}

function Page({ title, experiments, crumbs, viewKey, side, actions }: RunsPageProps) {
  const { may, compareHref } = useRunScope();
  const search = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const filter = search.get("filter") ?? "";
  const sort = readSort(search.get("sort"));
  const put = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(search);
    for (const [k, v] of Object.entries(changes)) if (v) next.set(k, v); else next.delete(k);
    const text = next.toString();
    router.replace(text ? `${path}?${text}` : path, { scroll: false });
  };

  const list = useRuns(experiments.map((e) => e.id), filter, sort);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [isChoosing, setChoosing] = useState(false);
  const [chosen, choose] = useStoredColumns(viewKey);
  const [metric, setMetric] = useState<string | null>(null);

  const columns = useMemo(() => allColumns(list.runs), [list.runs]);
  const shownIds = useMemo(() => chosen ?? firstColumns(columns, list.runs), [chosen, columns, list.runs]);
  const shownColumns = columns.filter((c) => shownIds.has(c.id));
  const hasMetrics = columns.some((c) => c.group === "metric");
  // Without a metric there is nothing to draw, and the table has the width.
  const layout = hasMetrics ? readLayout(search.get("layout")) : "table";
  const rows = useMemo(() => runRows(list.runs, collapsed), [list.runs, collapsed]);
  const running = list.runs.filter((r) => !isEnded(stateOfRunStatus(r.status))).length;
  const metricKeys = columns.filter((c) => c.group === "metric").map((c) => c.key);
  const withCourse = (key: string) => list.runs.some((r) => r.latestMetrics.some((m) => m.key === key && m.step > 0));
  const shownMetric = metric ?? metricKeys.find((k) => withCourse(k) && sort.order === columns.find((c) => c.id === `metric:${k}`)?.order) ?? metricKeys.find(withCourse) ?? metricKeys[0] ?? null;
  const drawable = shownMetric ? list.runs.filter((r) => r.latestMetrics.some((m) => m.key === shownMetric)) : [];
  const chosenToDraw = drawable.filter((r) => selected.has(r.id));
  const drawn = (chosenToDraw.length > 0 ? chosenToDraw : drawable).slice(0, mostLines);
  const colorOf = (id: string) => {
    const at = drawn.findIndex((r) => r.id === id);
    return at >= 0 && layout !== "table" && chosenToDraw.length > 0 ? lineStyle(at).color : undefined;
  };
  const refused = list.error && errorKind(list.error) === "invalid" ? list.error.message : null;
  const suggestions = useMemo(() => ["attributes.status", "attributes.run_name", "attributes.start_time", "attributes.end_time", "attributes.user_id", "tags.`mlflow.user`", "tags.`mlflow.source.git.commit`", "tags.`mlflow.parentRunId`", "tags.`mlflow.project.entryPoint`", ...columns.filter((c) => c.group !== "run" && c.order).map((c) => c.order ?? "")], [columns]);

  const remove = async () => {
    const ids = [...selected];
    try {
      await Promise.all(ids.map((runId) => trpc.runs.remove.mutate({ runId })));
      setSelected(new Set());
      say(`Deleted ${plural(ids.length, "run")}`, { note: "Kept for 30 days.", icon: Trash2, act: { title: "Undo", onPress: () => void Promise.all(ids.map((runId) => trpc.runs.restore.mutate({ runId }))).then(() => list.refetch(), (e: unknown) => sayFailed("Not all runs were restored", e)) } });
    } catch (error) {
      sayFailed("Not all of them were deleted", error);
    }
    await list.refetch();
  };

  return (
    <>
      <Sidebar>{side}</Sidebar>
      <TopBar crumbs={crumbs}>{actions}</TopBar>
      <Main>
        {experiments.map((e) => <Watch key={e.id} topic={`experiment:${e.id}`} onChange={list.poke} />)}
        <div className="xp">
          <h1 className="sr">{title}</h1>
          <FilterBox value={filter} error={refused} suggestions={suggestions} onChange={(f) => put({ filter: f })} />
          <div className="xbar xbar--2">
            <Button size="s" icon={Columns3} aria-pressed={isChoosing} onClick={() => setChoosing(!isChoosing)}>Columns</Button>
            {sort.order !== firstSort.order && <Button size="s" icon={X} onClick={() => put({ sort: null })}>Sorted by {sort.order.replace(/^\w+\./, "").replaceAll("`", "")}</Button>}
            <div className="seg seg--s" role="group" aria-label="Layout">
              {layouts.map((l) => <button key={l} type="button" aria-pressed={layout === l} onClick={() => put({ layout: l === "both" ? null : l })}>{layoutWords[l]}</button>)}
            </div>
            <span className="dim sm nowrap" role="status">{list.isLoading ? "" : `${list.hasMore ? "the first " : ""}${plural(list.runs.length, "run")}${running > 0 ? `, ${running} running` : ""}`}</span>
            {running > 0 && <Live />}
            <span className="grow" />
            {list.newCount > 0 && <Button size="s" onClick={list.showNew}>{plural(list.newCount, "new run")}</Button>}
          </div>
          <div className={`xg xg--${layout} ${isChoosing ? "xg--chooser" : ""}`}>
            {isChoosing && <ColumnChooser columns={columns} chosen={shownIds} onChange={choose} onOnlyDiffering={() => choose(new Set(["run:started", "run:took", ...differing(columns, list.runs)]))} onClose={() => setChoosing(false)} />}
            {layout !== "charts" && (
              <div className="xtw">
                {list.runs.length > 0 ? (
                  <div className="xt scroll" tabIndex={0} role="region" aria-label={title} aria-busy={list.isStale}>
                    <RunsTable
                      rows={rows} columns={shownColumns} sort={sort} caption={`${title}, sorted by ${sort.order.replace(/^\w+\./, "")}`}
                      onSort={(s) => put({ sort: s.order === firstSort.order && !s.isAscending ? null : `${s.order} ${s.isAscending ? "ASC" : "DESC"}` })}
                      selected={selected} collapsed={collapsed} colorOf={colorOf}
                      onSelect={(ids, isOn) => setSelected((s) => { const n = new Set(s); for (const id of ids) if (isOn) n.add(id); else n.delete(id); return n; })}
                      onCollapse={(id) => setCollapsed((s) => { const n = new Set(s); if (!n.delete(id)) n.add(id); return n; })}
                    />
                  </div>
                ) : <Nothing isLoading={list.isLoading} error={list.error && !refused ? list.error.message : null} hasFilter={filter !== ""} onClear={() => put({ filter: null })} />}
                {list.hasMore && <div style={{ padding: 12 }}><Button disabled={list.isLoadingMore} onClick={list.loadMore}>{list.isLoadingMore ? "Loading" : "Load more"}</Button></div>}
                {selected.size > 0 && (
                  <div className="bulk" role="toolbar" aria-label="Selected runs">
                    <span><b>{selected.size}</b> selected</span>
                    {selected.size > 1 && compareHref ? <Link className="btn btn--s btn--primary" href={compareHref([...selected].slice(0, 20))}><span>Compare</span></Link> : <span className="dim sm">select two or more to compare</span>}
                    {may.track && <Button size="s" look="danger" icon={Trash2} onClick={() => void remove()}>Delete</Button>}
                    <IconButton size="s" label="Clear the selection" icon={X} onClick={() => setSelected(new Set())} />
                  </div>
                )}
              </div>
            )}
            {layout !== "table" && (
              <aside className="xc" aria-label="Charts">
                <div className="xc__h">
                  <h2>Charts</h2><span className="grow" />
                  {metricKeys.length > 0 && <><label className="sr" htmlFor="overlay-metric">Metric</label><select className="in in--s" id="overlay-metric" value={shownMetric ?? ""} onChange={(e) => setMetric(e.target.value)}>{metricKeys.map((k) => <option key={k}>{k}</option>)}</select></>}
                </div>
                {shownMetric ? (
                  <OverlayChart metricKey={shownMetric} heightPx={layout === "charts" ? 420 : 240} refreshMs={drawn.some((r) => !isEnded(stateOfRunStatus(r.status))) ? 2000 : false}
                    runs={drawn.map((r) => ({ id: r.id, name: r.name, isLive: !isEnded(stateOfRunStatus(r.status)) }))}
                    note={chosenToDraw.length > 0 ? (chosenToDraw.length > mostLines ? `first ${mostLines} of ${chosenToDraw.length} selected` : "of the selected runs") : drawable.length > mostLines ? `first ${mostLines} of ${drawable.length} runs, select others to draw them` : undefined} />
                ) : <p className="dim">A chart of a metric appears when runs have logged one.</p>}
              </aside>
            )}
          </div>
        </div>
      </Main>
    </>
  );
}

function Nothing({ isLoading, error, hasFilter, onClear }: { isLoading: boolean; error: string | null; hasFilter: boolean; onClear: () => void }) {
  if (isLoading) return <div className="empty" style={{ minHeight: 240 }} aria-busy="true" />;
  if (error) return <div className="empty"><h3>The runs did not load</h3><p>{error} They are stored; this page tries again by itself.</p></div>;
  if (hasFilter) return <div className="empty"><h3>No run fits the filter</h3><div className="row"><Button onClick={onClear}>Clear the filter</Button></div></div>;
  return <div className="empty"><h3>No runs yet</h3><p>Runs appear here as soon as they start: launch an entry point of a project, or point an MLflow client at this server.</p></div>;
}

function Watch({ topic, onChange }: { topic: string; onChange: () => void }) {
  useTopic(topic, onChange);
  return null;
}

const layouts = ["table", "both", "charts"] as const;
type Layout = (typeof layouts)[number];
const layoutWords: Record<Layout, string> = { table: "Table", both: "Both", charts: "Charts" };
const readLayout = (text: string | null): Layout => layouts.find((l) => l === text) ?? "both";

function readSort(text: string | null): Sort {
  const found = /^(.+) (ASC|DESC)$/.exec(text ?? "");
  return found?.[1] ? { order: found[1], isAscending: found[2] === "ASC" } : firstSort;
}

function useStoredColumns(viewKey: string): [ReadonlySet<string> | null, (chosen: Set<string>) => void] {
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const key = `flowbook.columns.${viewKey}`;
  useEffect(() => {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
      if (Array.isArray(stored)) setChosen(new Set(stored.filter((s): s is string => typeof s === "string")));
    } catch {
      // A browser that forbids storage shows the first columns.
    }
  }, [key]);
  return [chosen, (next) => {
    setChosen(next);
    try {
      localStorage.setItem(key, JSON.stringify([...next]));
    } catch {
      // The choice holds until the page is left.
    }
  }];
}
