import { formatNumber } from "@/common/format";
import type { ChartSeries } from "./chart-data";

const mostRows = 500;

/** The points of a chart as rows: NaN is written out, a step that a run did not log is a dash. */
export function SeriesTable({ metricKey, series, heightPx, stepName }: { metricKey: string; series: ChartSeries[]; heightPx: number; stepName: string }) {
  const bySteps = series.map((s) => new Map(s.points.map((p) => [p.step, p.value])));
  const steps = [...new Set(series.flatMap((s) => s.points.map((p) => p.step)))].sort((a, b) => a - b);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`${metricKey} as a table`} style={{ height: heightPx }}>
      <table className="tb tb--s">
        <caption className="sr">{metricKey}</caption>
        <thead><tr><th scope="col">{stepName}</th>{series.map((s) => <th key={s.id} scope="col" className="num">{s.name}</th>)}</tr></thead>
        <tbody>
          {steps.slice(0, mostRows).map((step) => (
            <tr key={step}><th scope="row">{step.toLocaleString("en")}</th>{bySteps.map((m, i) => <td key={series[i]?.id ?? i} className="num">{m.has(step) ? formatNumber(m.get(step)) : "–"}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {steps.length > mostRows && <p className="prev__f">The first {mostRows} of {steps.length.toLocaleString("en")} rows</p>}
    </div>
  );
}
