"use client";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { AlignedRows, ChartSeries, ChartX } from "./chart-data";

export type CursorAt = { index: number; leftPx: number; isRight: boolean } | null;

type Props = {
  rows: AlignedRows;
  lines: Pick<ChartSeries, "id" | "color" | "isDashed">[];
  x: ChartX;
  scale: "linear" | "log";
  heightPx: number;
  formatValue: (value: number) => string;
  onCursor: (at: CursorAt) => void;
};

/** Draws the lines; everything in words (legend, hover, counts) is its parent's. All charts of a page share one hover line. */
export function UplotCanvas({ rows, lines, x, scale, heightPx, formatValue, onCursor }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ rows, onCursor, formatValue });
  latest.current = { rows, onCursor, formatValue };
  const shape = JSON.stringify([lines, x, scale, heightPx]);

  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(host, lines, x, scale, heightPx, latest), toData(latest.current.rows), host);
    };
    draw();
    const sized = new ResizeObserver(() => {
      if (host.clientWidth > 0) plot.current?.setSize({ width: host.clientWidth, height: heightPx });
    });
    sized.observe(host);
    // Canvas colours do not follow CSS by themselves.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      sized.disconnect();
      themed.disconnect();
      system.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
    // `shape` stands for lines, x, scale and height.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(toData(rows));
  }, [rows]);

  return <div ref={box} className="uplot-box" style={{ height: heightPx, minWidth: 0 }} />;
}

// uPlot's types know arrays of numbers and nulls only; undefined is documented for aligned data.
const toData = (rows: AlignedRows) => rows as uPlot.AlignedData;

function options(
  host: HTMLElement,
  lines: Props["lines"],
  x: ChartX,
  scale: Props["scale"],
  heightPx: number,
  latest: { current: { onCursor: Props["onCursor"]; formatValue: Props["formatValue"]; rows: AlignedRows } },
): uPlot.Options {
  const style = getComputedStyle(host);
  const read = (name: string) => style.getPropertyValue(name).trim() || "#888";
  const font = `11px ${read("--font")}`;
  const axis = { stroke: read("--chart-axis"), font, ticks: { show: false } };
  return {
    width: Math.max(host.clientWidth, 40),
    height: heightPx,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: "flowbook", setSeries: false },
      y: false,
      points: { size: 7, width: 2, fill: read("--surface") },
      drag: { x: true, y: false, setScale: true },
    },
    scales: { x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) }, y: scale === "log" ? { distr: 3, log: 10 } : {} },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 64, border: { show: true, stroke: read("--line-strong"), width: 1 }, values: (_, ticks) => ticks.map((t) => (x === "time" ? secondsText(t) : stepText(t))) },
      { ...axis, grid: { stroke: read("--chart-grid"), width: 1 }, size: (_, values) => 14 + 6.4 * Math.max(2, ...(values ?? []).map((v) => v?.length ?? 0)), space: 38, values: (_, ticks) => ticks.map((t) => (t === null ? "" : latest.current.formatValue(t))) },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => ({
        stroke: read(line.color),
        width: 1.6,
        ...(line.isDashed ? { dash: [5, 4] } : {}),
        points: { show: (u, index) => countValues(u.data[index]) < 3, size: 6, fill: read(line.color) },
      })),
    ],
    hooks: {
      setCursor: [
        (u) => {
          const { idx, left } = u.cursor;
          if (idx === null || idx === undefined || left === undefined || left < 0) return latest.current.onCursor(null);
          const leftPx = u.over.offsetLeft + left;
          latest.current.onCursor({ index: idx, leftPx, isRight: leftPx > u.width / 2 });
        },
      ],
    },
  };
}

const stepText = (t: number) => (Number.isInteger(t) ? t.toLocaleString("en") : "");
const secondsText = (t: number) => (t < 60 ? `${+t.toFixed(1)} s` : `${Math.floor(t / 60)}:${String(Math.round(t % 60)).padStart(2, "0")}`);

function countValues(values: uPlot.AlignedData[number] | undefined): number {
  let n = 0;
  for (const v of values ?? []) if (v !== null && v !== undefined) n++;
  return n;
}
