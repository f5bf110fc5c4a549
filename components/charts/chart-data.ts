/** One line of a chart. `value: null` is NaN: a gap in the line, and "NaN" in the table. */
export type ChartPoint = { step: number; timestampMs: number; value: number | null };
export type ChartSeries = {
  id: string;
  name: string;
  /** A CSS custom property such as `--series-1`. */
  color: string;
  isDashed?: boolean;
  isLive?: boolean;
  points: ChartPoint[];
  totalPoints: number;
};
export type ChartX = "step" | "time";
/** uPlot's shape: x values, then one row for each series; null is a gap, undefined only an alignment artefact. */
export type AlignedRows = [number[], ...(number | null | undefined)[][]];

/**
 * Puts lines with different x values on one x axis. `time` is seconds since each line's own first point,
 * so that runs of different days lie on each other. With `log`, values that have no logarithm are gaps.
 */
export function alignSeries(series: ChartSeries[], x: ChartX, scale: "linear" | "log" = "linear"): AlignedRows {
  const columns = series.map((line) => {
    const startMs = line.points.reduce((least, p) => Math.min(least, p.timestampMs), Infinity);
    const byX = new Map<number, number | null>();
    for (const p of line.points) {
      const drawable = p.value !== null && Number.isFinite(p.value) && (scale === "linear" || p.value > 0);
      byX.set(x === "step" ? p.step : (p.timestampMs - startMs) / 1000, drawable ? p.value : null);
    }
    return byX;
  });
  const xs = [...new Set(columns.flatMap((c) => [...c.keys()]))].sort((a, b) => a - b);
  return [xs, ...columns.map((c) => xs.map((at) => c.get(at)))];
}

/** Exponential moving average, as TensorBoard's: weight 0 leaves the line as it is. */
export function smooth(values: (number | null | undefined)[], weight: number): (number | null | undefined)[] {
  if (weight <= 0) return values;
  let last: number | null = null;
  let mass = 0;
  return values.map((v) => {
    if (v === null || v === undefined) return v;
    last = (last ?? 0) * weight + (1 - weight) * v;
    mass = mass * weight + (1 - weight);
    return last / mass;
  });
}

/** The colour of the n-th line; from the seventh on colours repeat and the line is dashed. */
export function lineStyle(index: number): { color: string; isDashed: boolean } {
  return { color: `--series-${(index % 6) + 1}`, isDashed: index >= 6 };
}

/** What a reader who cannot see the chart is told: where each line began and where it is now. */
export function describeChart(metricKey: string, series: ChartSeries[], format: (value: number | null) => string): string {
  const parts = series.slice(0, 6).flatMap((line) => {
    const first = line.points.find((p) => p.value !== null);
    const last = line.points.findLast((p) => p.value !== null);
    if (!first || !last || first.value === null || last.value === null) return [];
    if (first === last) return [`${line.name} has one value, ${format(last.value)}`];
    const way = last.value < first.value ? "fell" : last.value > first.value ? "rose" : "stayed";
    return [way === "stayed" ? `${line.name} stayed at ${format(last.value)}` : `${line.name} ${way} from ${format(first.value)} to ${format(last.value)} by step ${last.step}`];
  });
  return `${metricKey} by step. ${parts.length > 0 ? `${parts.join("; ")}.` : "No points yet."}`;
}
