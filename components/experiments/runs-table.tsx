"use client";

import { ArrowDown, ArrowUp, ChevronDown, ChevronRight } from "lucide-react";
import Link from "next/link";
import { formatDuration, formatNumber } from "@/common/format";
import { useNow } from "@/components/ui/use-now";
import { useRunScope } from "@/components/runs/scope";
import { Icon } from "@/components/ui/icon";
import { isEnded, StateIcon, stateOfRunStatus, stateWords } from "@/components/ui/status";
import { Time } from "@/components/ui/time";
import type { RunDetail } from "@/server/domain/runs";
import { cellOf, type Column, type ColumnGroup, type RunRow } from "./run-columns";
import type { Sort } from "./use-runs";

type Props = {
  rows: RunRow[];
  columns: Column[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  selected: ReadonlySet<string>;
  onSelect: (ids: string[], isOn: boolean) => void;
  collapsed: ReadonlySet<string>;
  onCollapse: (id: string) => void;
  /** The colour of a run that is drawn in the charts, by its id. */
  colorOf: (id: string) => string | undefined;
  caption: string;
};

const widths: Record<string, number> = { "run:status": 84, "run:started": 108, "run:took": 66, "run:user": 100, "run:version": 76 };
/** Wide enough for its title and for what most cells hold. */
const widthOf = (c: Column, rows: RunRow[]) => {
  const longest = Math.max(c.title.length, ...rows.slice(0, 40).map(({ run }) => { const v = cellOf(run, c); return v === null ? 1 : typeof v === "number" ? formatNumber(v).length : v.length; }));
  return widths[c.id] ?? Math.min(150, Math.max(60, longest * 7.2 + 20));
};
const groupTitles: Record<ColumnGroup, string> = { run: "Run", metric: "Metrics", param: "Params", tag: "Tags" };

/** Runs as rows, what they logged as columns, steps below their parents. */
export function RunsTable({ rows, columns, sort, onSort, selected, onSelect, collapsed, onCollapse, colorOf, caption }: Props) {
  const nowMs = useNow(rows.some((r) => !isEnded(stateOfRunStatus(r.run.status))));
  const groups = (["run", "metric", "param", "tag"] as const).map((g) => ({ group: g, n: columns.filter((c) => c.group === g).length })).filter((g) => g.n > 0 || g.group === "run");
  const firstOf = new Set(groups.map((g) => columns.find((c) => c.group === g.group && g.group !== "run")?.id));
  // On a phone a run is two lines: its name with one metric, the one most runs have, then the rest.
  const firstMetric = columns.filter((c) => c.group === "metric").map((c) => ({ c, n: rows.filter((r) => cellOf(r.run, c) !== null).length })).sort((a, b) => b.n - a.n)[0]?.c.id;
  const phoneParams = columns.filter((c) => c.group === "param").slice(0, 2).map((c) => c.id);
  const classOf = (c: Column) => [c.isNumeric ? "num" : "", firstOf.has(c.id) ? "gl" : "", c.id === firstMetric ? "c-top" : "", c.id === "run:took" ? "c-took" : "", phoneParams.includes(c.id) ? "c-p" : ""].filter(Boolean).join(" ");
  const allOn = rows.length > 0 && rows.every((r) => selected.has(r.run.id));
  const head = (title: string, order: string | null, isNumeric: boolean) => {
    if (!order) return <span>{title}</span>;
    const isHere = sort.order === order;
    return (
      <button type="button" className="thb" title={`Sort by ${title}`} onClick={() => onSort({ order, isAscending: isHere ? !sort.isAscending : !isNumeric || order.startsWith("metrics.") })}>
        {title}{isHere && <Icon of={sort.isAscending ? ArrowUp : ArrowDown} />}
      </button>
    );
  };
  const sortOf = (order: string | null) => (order && sort.order === order ? ({ "aria-sort": sort.isAscending ? "ascending" : "descending" } as const) : {});

  return (
    <table className="rt rt--own" aria-label="Runs" style={{ "--rt-w": `${262 + columns.reduce((n, c) => n + widthOf(c, rows), 0)}px` } as React.CSSProperties}>
      <caption className="sr">{caption}</caption>
      <colgroup><col style={{ width: 30 }} /><col style={{ width: 232 }} />{columns.map((c) => <col key={c.id} style={{ width: widthOf(c, rows) }} />)}</colgroup>
      <thead>
        <tr className="rt__g">
          <td />
          {groups.map((g) => <th key={g.group} scope="colgroup" colSpan={g.group === "run" ? g.n + 1 : g.n} className={g.group === "run" ? undefined : "gl"}>{groupTitles[g.group]}{g.group === "metric" && <span className="dim"> last</span>}</th>)}
        </tr>
        <tr>
          <th scope="col" className="c-cb"><input className="cb" type="checkbox" aria-label="Select all shown runs" checked={allOn} ref={(el) => { if (el) el.indeterminate = !allOn && selected.size > 0; }} onChange={() => onSelect(rows.map((r) => r.run.id), !allOn)} /></th>
          <th scope="col" {...sortOf("attributes.run_name")}>{head("Name", "attributes.run_name", false)}</th>
          {columns.map((c) => <th key={c.id} scope="col" className={classOf(c)} {...sortOf(c.order)}>{head(c.title, c.order, c.isNumeric)}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ run, depth, childCount }) => {
          const state = stateOfRunStatus(run.status);
          const isOn = selected.has(run.id);
          const isOpen = !collapsed.has(run.id);
          const color = colorOf(run.id);
          const entryPoint = run.tags.find((t) => t.key === "mlflow.project.entryPoint")?.value;
          return (
            <tr key={run.id} className={`${isOn ? "is-sel" : ""} ${depth > 0 ? "is-kid" : ""}`} aria-selected={isOn || undefined}>
              <td className="c-cb"><input className="cb" type="checkbox" aria-label={`Select ${run.name}`} checked={isOn} onChange={() => onSelect([run.id], !isOn)} /></td>
              <th scope="row" className="c-run">
                <span className="rn" style={{ "--d": Math.min(depth, 4) * (depth > 0 ? 0.72 : 1) } as React.CSSProperties}>
                  {childCount > 0 ? <button type="button" className="tw" aria-expanded={isOpen} aria-label={`Nested runs of ${run.name}`} onClick={() => onCollapse(run.id)}><Icon of={isOpen ? ChevronDown : ChevronRight} /></button> : <span className="tw" />}
                  <StateIcon state={state} isNamed />
                  {color && <i className="key key--dot" style={{ "--c": `var(${color})` } as React.CSSProperties} />}
                  <NameLink run={run} />
                  {entryPoint && <span className="dim cut">{entryPoint}</span>}
                  {childCount > 0 && !isOpen && <span className="dim">{childCount}</span>}
                </span>
              </th>
              {columns.map((c) => <td key={c.id} className={classOf(c)}><Cell run={run} column={c} state={stateWords[state]} nowMs={nowMs} /></td>)}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NameLink({ run }: { run: RunDetail }) {
  const { runHref } = useRunScope();
  return <Link href={runHref(run.id)} title={run.name} className="cut">{run.name}</Link>;
}

function Cell({ run, column, state, nowMs }: { run: RunDetail; column: Column; state: string; nowMs: number }) {
  switch (column.id) {
    case "run:status": return <span className={state === "Failed" ? "danger-t" : "mid"}>{state}</span>;
    case "run:started": return <span className="dim"><Time ms={run.startTimeMs} /></span>;
    case "run:took": {
      const ticks = !isEnded(stateOfRunStatus(run.status));
      return <span className="dim" suppressHydrationWarning>{formatDuration((ticks ? nowMs : (run.endTimeMs ?? run.startTimeMs)) - run.startTimeMs, { isTicking: ticks })}</span>;
    }
    case "run:user": return <>{run.userId || "–"}</>;
    case "run:version": return <code>{run.tags.find((t) => t.key === "mlflow.source.git.commit")?.value.slice(0, 7) ?? "–"}</code>;
    default: {
      const value = cellOf(run, column);
      if (value === null) return <span className="dim">–</span>;
      return typeof value === "number" ? <span title={String(value)}>{formatNumber(value)}</span> : <span title={value}>{value}</span>;
    }
  }
}
