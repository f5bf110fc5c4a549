"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { Fragment, useState } from "react";
import { formatNumber, plural } from "@/common/format";
import { lineStyle } from "@/components/charts/chart-data";
import { formatDelta } from "@/components/runs/delta";
import { useRunScope, WorkspaceRunScope } from "@/components/runs/scope";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Icon } from "@/components/ui/icon";
import { isEnded, StateIcon, stateOfRunStatus } from "@/components/ui/status";
import { Time } from "@/components/ui/time";
import type { RunDetail } from "@/server/domain/runs";
import { CompareCode } from "./compare-code";
import { type CompareRow, compareRows } from "./compare-rows";
import { OverlayChart } from "./overlay-chart";
import "../runs/runs.css";

type Props = { runs: RunDetail[]; entryPoints: Record<string, string> };

/** Runs beside each other, read from the baseline: differences first, a metric over each other, the code. */
export function ComparePage(props: Props) {
  return <WorkspaceRunScope><Page {...props} /></WorkspaceRunScope>;
}

const groupTitles = { param: "Params", metric: "Metrics", made: "Made from", tag: "Tags" };

function Page({ runs: asked, entryPoints }: Props) {
  const { slug } = useWorkspace();
  const { runHref, experimentHref, compareHref } = useRunScope();
  const search = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const baseId = asked.find((r) => r.id === search.get("base"))?.id ?? asked[0]?.id;
  const [isAll, setAll] = useState(false);
  const [metric, setMetric] = useState<string | null>(null);

  // Colours stay with their runs when the baseline changes.
  const colorOf = (id: string) => lineStyle(asked.findIndex((r) => r.id === id)).color;
  const base = asked.find((r) => r.id === baseId);
  const runs = base ? [base, ...asked.filter((r) => r !== base)] : [];
  const rows = compareRows(runs);
  const different = rows.filter((r) => r.isDifferent);
  const equal = rows.filter((r) => !r.isDifferent);
  const shown = isAll ? rows : different;
  const metricKeys = [...new Set(runs.flatMap((r) => r.latestMetrics.map((m) => m.key)))].sort();
  const shownMetric = metric ?? metricKeys.find((k) => runs.some((r) => r.latestMetrics.some((m) => m.key === k && m.step > 0))) ?? metricKeys[0] ?? null;
  const drawn = runs.filter((r) => r.latestMetrics.some((m) => m.key === shownMetric));
  const setBase = (id: string) => {
    const next = new URLSearchParams(search);
    next.set("base", id);
    router.replace(`${path}?${next}`, { scroll: false });
  };
  const experimentIds = [...new Set(asked.map((r) => r.experimentId))];

  return (
    <>
      <Sidebar />
      <TopBar crumbs={[experimentIds.length === 1 && experimentHref ? { title: "Runs", href: experimentHref(experimentIds[0] ?? 0) } : { title: "Runs", href: `/${slug}/runs` }, { title: "Compare" }]} />
      <Main>
        <div className="page cmp">
          <div className="rh"><div className="rh__t">
            <h1>Compare {plural(runs.length, "run")}</h1><span className="grow" />
            {runs.length > 1 && (
              <div className="seg" role="group" aria-label="Rows to show">
                <button type="button" aria-pressed={!isAll} onClick={() => setAll(false)}>Differences</button>
                <button type="button" aria-pressed={isAll} onClick={() => setAll(true)}>All</button>
              </div>
            )}
          </div></div>
          {runs.length < 2 ? (
            <div className="panel empty" style={{ marginTop: 16 }}><h3>Two runs or more</h3><p>Select runs in a list of runs and press Compare; they stand here beside each other.</p><div className="row"><Link className="btn" href={`/${slug}/runs`}>All runs</Link></div></div>
          ) : (
            <>
              <div className="cmp__g">
                <div className="cmp__m">
                  <fieldset className="pick"><legend>Baseline</legend><div className="pick__r">
                    {asked.map((r) => <label key={r.id} className="pick__o"><input type="radio" name="base" checked={r.id === baseId} onChange={() => setBase(r.id)} /><i className="key key--dot" style={{ "--c": `var(${colorOf(r.id)})` } as React.CSSProperties} /><span>{r.name}</span></label>)}
                  </div></fieldset>
                  <div className="panel scroll" tabIndex={0} role="region" aria-label="Differences">
                    <table className="ct" aria-label="Comparison" style={{ minWidth: 190 + runs.length * 132 }}>
                      <thead><tr>
                        <th scope="col" className="ct__sum"><span className="dim">{summary(different)}</span></th>
                        {runs.map((r) => (
                          <th key={r.id} scope="col" className={r.id === baseId ? "is-base" : undefined}>
                            <span className="ct__h">
                              <i className="key key--dot" style={{ "--c": `var(${colorOf(r.id)})` } as React.CSSProperties} /><Link href={runHref(r.id)}>{r.name}</Link><StateIcon state={stateOfRunStatus(r.status)} isNamed />
                              {runs.length > 2 && compareHref && <Link href={compareHref(asked.filter((x) => x.id !== r.id).map((x) => x.id))} aria-label={`Take ${r.name} out`} title="Take out" className="chip__x"><Icon of={X} /></Link>}
                            </span>
                            <small>{r.id === baseId && <b>baseline</b>}{entryPoints[r.id] && <code>{entryPoints[r.id]}</code>}<Time ms={r.startTimeMs} /></small>
                          </th>
                        ))}
                      </tr></thead>
                      <tbody>
                        {shown.map((row, i) => (
                          <Fragment key={`${row.group}:${row.key}`}>
                            {row.group !== shown[i - 1]?.group && <tr className="ct__s"><th scope="rowgroup" colSpan={runs.length + 1}>{groupTitles[row.group]}</th></tr>}
                            <Row row={row} />
                          </Fragment>
                        ))}
                        {shown.length === 0 && <tr><td colSpan={runs.length + 1} className="dim">These runs do not differ in params, metrics, code or tags.</td></tr>}
                        {!isAll && equal.length > 0 && <tr className="ct__f"><td colSpan={runs.length + 1}><button type="button" className="link" onClick={() => setAll(true)}>Show {plural(equal.length, "equal row")}</button> <span className="dim">{equal.slice(0, 4).map((r) => r.key).join(", ")}{equal.length > 4 ? ` and ${equal.length - 4} more` : ""}</span></td></tr>}
                      </tbody>
                    </table>
                  </div>
                </div>
                <aside className="cmp__c" aria-label="Charts">
                  {shownMetric ? (
                    <>
                      <div className="row"><label className="dim sm" htmlFor="cmp-metric">Metric</label><select className="in in--s" id="cmp-metric" value={shownMetric} onChange={(e) => setMetric(e.target.value)}>{metricKeys.map((k) => <option key={k}>{k}</option>)}</select></div>
                      <OverlayChart metricKey={shownMetric} heightPx={260} refreshMs={drawn.some((r) => !isEnded(stateOfRunStatus(r.status))) ? 2000 : false} runs={drawn.map((r) => ({ id: r.id, name: r.name, isLive: !isEnded(stateOfRunStatus(r.status)), color: colorOf(r.id) }))} />
                    </>
                  ) : <p className="dim">None of these runs logged a metric.</p>}
                </aside>
              </div>
              {base && <CompareCode base={base} others={runs.slice(1)} />}
            </>
          )}
        </div>
      </Main>
    </>
  );
}

function summary(different: CompareRow[]): string {
  const n = (g: CompareRow["group"]) => different.filter((r) => r.group === g).length;
  const parts = [n("param") && plural(n("param"), "param"), n("metric") && plural(n("metric"), "metric"), different.some((r) => r.key === "Code" && r.group === "made") && "code"].filter(Boolean);
  return parts.length === 0 ? "no difference" : `${parts.join(", ")} differ`;
}

function Row({ row }: { row: CompareRow }) {
  const [base, ...others] = row.values;
  const cell = (value: number | string | null) => (value === null ? <span className="dim">–</span> : typeof value === "number" ? <span className="cv" title={String(value)}>{formatNumber(value)}</span> : <code>{value === "" ? "''" : value}</code>);
  return (
    <tr>
      <th scope="row">{row.group === "made" ? row.key : <code>{row.key}</code>}</th>
      <td className="num is-base">{cell(base ?? null)}</td>
      {others.map((value, i) => (
        <td key={i} className={`num ${row.group !== "metric" && String(value) !== String(base) ? "is-diff" : ""}`}>
          {cell(value)}
          {typeof value === "number" && typeof base === "number" && <small className="delta delta--same">{formatDelta(base, value)}</small>}
        </td>
      ))}
    </tr>
  );
}
