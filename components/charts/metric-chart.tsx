"use client";

import { Maximize2, Table } from "lucide-react";
import dynamic from "next/dynamic";
import { useMemo, useState } from "react";
import { formatDuration, formatNumber } from "@/common/format";
import { IconButton } from "@/components/ui/button";
import { alignSeries, describeChart, smooth, type AlignedRows, type ChartSeries, type ChartX } from "./chart-data";
import { SeriesTable } from "./series-table";
import type { CursorAt } from "./uplot-canvas";

const UplotCanvas = dynamic(() => import("./uplot-canvas").then((m) => m.UplotCanvas), { ssr: false });

type Props = {
  metricKey: string;
  series: ChartSeries[];
  x?: ChartX;
  /** What a step counts, such as "epoch"; "step" where the client gave no name. */
  stepName?: string;
  smoothing?: number;
  heightPx?: number;
  isLoading?: boolean;
  /** More runs have this metric than are drawn. */
  note?: string;
  action?: React.ReactNode;
};

/** One metric of one or more runs: legend with latest values, lines, hover, "n of m points shown", and the same as a table. */
export function MetricChart({ metricKey, series, x = "step", stepName = "step", smoothing = 0, heightPx = 232, isLoading = false, note, action }: Props) {
  const [at, setAt] = useState<CursorAt>(null);
  const [isTable, setTable] = useState(false);
  const [isLog, setLog] = useState(false);
  const [isWide, setWide] = useState(false);
  const scale = isLog ? "log" : "linear";
  const raw = useMemo(() => alignSeries(series, x, scale), [series, x, scale]);
  const rows = useMemo<AlignedRows>(() => (smoothing > 0 ? [raw[0], ...raw.slice(1).map((r) => smooth(r, smoothing))] as AlignedRows : raw), [raw, smoothing]);
  const shown = series.reduce((n, s) => n + s.points.length, 0);
  const total = series.reduce((n, s) => n + s.totalPoints, 0);
  const hasLog = series.some((s) => s.points.some((p) => p.value !== null && p.value > 0));
  const height = isWide ? 440 : heightPx;
  const by = x === "time" ? "time" : stepName;

  return (
    <figure className={isWide ? "chart chart--wide" : "chart"}>
      <figcaption className="chart__cap">
        <span className="chart__t cut">{metricKey}</span>
        <span className="chart__s nowrap">by {by}{isLog ? ", log scale" : ""}{smoothing > 0 ? `, smoothed ${smoothing}` : ""}</span>
        <span className="chart__tools">
          {hasLog && !isTable && (
            <button type="button" className="btn btn--ghost btn--s" aria-pressed={isLog} onClick={() => setLog(!isLog)}>log</button>
          )}
          <IconButton size="s" icon={Table} label={`Show ${metricKey} as ${isTable ? "chart" : "table"}`} aria-pressed={isTable} onClick={() => setTable(!isTable)} />
          <IconButton size="s" icon={Maximize2} label={`Show ${metricKey} ${isWide ? "smaller" : "larger"}`} aria-pressed={isWide} onClick={() => setWide(!isWide)} />
          {action}
        </span>
      </figcaption>
      {series.length > 1 && (
        <ul className="legend">
          {series.map((s) => (
            <li key={s.id}><i className={s.isDashed ? "key key--dash" : "key"} style={{ "--c": `var(${s.color})` } as React.CSSProperties} /><span className="cut">{s.name}</span><b>{formatNumber(s.points.at(-1)?.value)}</b></li>
          ))}
        </ul>
      )}
      {isTable ? (
        <SeriesTable metricKey={metricKey} series={series} heightPx={height} stepName={stepName} />
      ) : shown === 0 ? (
        <div className="empty" style={{ height }}><p className="dim">{isLoading ? "" : "No points yet. They appear here as the run logs them."}</p></div>
      ) : (
        <div role="img" aria-label={describeChart(metricKey, series, formatNumber)} style={{ position: "relative", height }}>
          <UplotCanvas rows={rows} lines={series} x={x} scale={scale} heightPx={height} formatValue={formatNumber} onCursor={setAt} />
          {at && <Tip at={at} rows={rows} series={series} x={x} stepName={stepName} />}
        </div>
      )}
      <div className="chart__foot">
        <span>{isLoading && shown === 0 ? "" : <>{shown.toLocaleString("en")} of {total.toLocaleString("en")} points shown{note ? `, ${note}` : ""}</>}</span>
        <span>{by}</span>
      </div>
    </figure>
  );
}

function Tip({ at, rows, series, x, stepName }: { at: NonNullable<CursorAt>; rows: AlignedRows; series: ChartSeries[]; x: ChartX; stepName: string }) {
  const where = rows[0][at.index];
  if (where === undefined) return null;
  const values = series
    .map((s, i) => ({ s, value: rows[i + 1]?.[at.index] }))
    .filter((v): v is { s: ChartSeries; value: number | null } => v.value !== undefined)
    .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
  if (values.length === 0) return null;
  return (
    <div className={at.isRight ? "tip left" : "tip"} style={{ left: at.leftPx, zIndex: 5, pointerEvents: "none" }} aria-hidden="true">
      <b>{x === "time" ? formatDuration(where * 1000) : `${stepName} ${where.toLocaleString("en")}`}</b>
      {values.map(({ s, value }) => (
        <span key={s.id}><i className={s.isDashed ? "key key--dash" : "key"} style={{ "--c": `var(${s.color})` } as React.CSSProperties} />{s.name}<em>{formatNumber(value)}</em></span>
      ))}
    </div>
  );
}
