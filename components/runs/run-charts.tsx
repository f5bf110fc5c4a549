"use client";

import { useState } from "react";
import { lineStyle, type ChartX } from "@/components/charts/chart-data";
import { MetricChart } from "@/components/charts/metric-chart";
import { useLiveConnection } from "@/components/live-socket";
import { Button } from "@/components/ui/button";
import type { RunDetail } from "@/server/domain/runs";
import { useSeries } from "./use-run";

const firstCharts = 6;

export type Line = { id: string; name: string; isLive: boolean };

/** A chart for each metric that the run or its steps logged more than once; they move while the run goes on. */
export function RunCharts({ ownerRunId, details, lines, isLive }: { ownerRunId: string; details: RunDetail[]; lines: Line[]; isLive: boolean }) {
  const [x, setX] = useState<ChartX>("step");
  const [smoothing, setSmoothing] = useState(0);
  const [isAll, setAll] = useState(false);
  const keys = chartKeys(details);
  const shown = isAll ? keys : keys.slice(0, firstCharts);
  if (keys.length === 0) return null;
  return (
    <section className="sec" aria-labelledby="charts-h">
      <div className="sec__h">
        <h2 id="charts-h">Charts</h2>
        {isLive && <Live />}
        <span className="grow" />
        <div className="seg seg--s" role="group" aria-label="x axis">
          <button type="button" aria-pressed={x === "step"} onClick={() => setX("step")}>Step</button>
          <button type="button" aria-pressed={x === "time"} onClick={() => setX("time")}>Time</button>
        </div>
        <label className="row sm dim hide-s" style={{ gap: 6 }}>Smoothing
          <input className="slider" style={{ width: 90 }} type="range" min={0} max={0.95} step={0.05} value={smoothing} onChange={(e) => setSmoothing(Number(e.target.value))} />
        </label>
      </div>
      <div className="charts2">
        {shown.map((key) => <LiveChart key={key} ownerRunId={ownerRunId} metricKey={key} x={x} smoothing={smoothing} lines={lines.filter((l) => details.some((d) => d.id === l.id && d.latestMetrics.some((m) => m.key === key)))} />)}
      </div>
      {keys.length > shown.length && <Button look="quiet" size="s" onClick={() => setAll(true)}>Show {keys.length - shown.length} more charts</Button>}
    </section>
  );
}

/** Metrics that have a course first; those logged once at step 0 are numbers, not charts. */
export function chartKeys(details: RunDetail[]): string[] {
  const seen = new Map<string, boolean>();
  for (const d of details) for (const m of d.latestMetrics) seen.set(m.key, (seen.get(m.key) ?? false) || m.step > 0);
  return [...seen].filter(([, hasCourse]) => hasCourse).map(([key]) => key).sort();
}

export function Live() {
  const connection = useLiveConnection();
  if (connection.kind === "paused") return <span className="dim sm" role="status">Paused at {new Date(connection.sinceMs).toLocaleTimeString("en-GB")}, reconnecting</span>;
  return <span className="live-t sm"><i className="dotlive" />Live</span>;
}

function LiveChart({ ownerRunId, metricKey, lines, x, smoothing }: { ownerRunId: string; metricKey: string; lines: Line[]; x: ChartX; smoothing: number }) {
  const series = useSeries(ownerRunId, lines.map((l) => l.id), metricKey);
  const drawn = lines.flatMap((line, i) => {
    const found = series.data?.find((s) => s.runId === line.id);
    return found ? [{ id: line.id, name: line.name, isLive: line.isLive, ...lineStyle(i), points: found.points, totalPoints: found.totalPoints }] : [];
  });
  return <MetricChart metricKey={metricKey} series={drawn} x={x} smoothing={smoothing} isLoading={series.isPending} />;
}
