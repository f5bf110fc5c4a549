import Link from "next/link";
import { formatNumber } from "@/common/format";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail } from "@/server/domain/runs";
import { useRunScope } from "./scope";

/** Latest values of this run; where it logged none itself, those of its steps, each under its step. */
export function RunMetrics({ run, steps, isEnded }: { run: RunDetail; isEnded: boolean; steps: { detail: RunDetail; entryPoint: string | null }[] }) {
  const scope = useRunScope();
  const groups = [{ detail: run, title: null as string | null }, ...steps.map((s) => ({ detail: s.detail, title: s.entryPoint ? `${s.entryPoint} ${s.detail.name}` : s.detail.name }))].filter((g) => g.detail.latestMetrics.length > 0);
  return (
    <section className="sec" aria-labelledby="metrics-h">
      <div className="sec__h"><h2 id="metrics-h">Metrics</h2>{steps.length > 0 && groups.length > 0 && <span className="dim sm">of this run and its steps</span>}</div>
      {groups.length === 0 ? <p className="dim">{isEnded ? "None logged." : "None logged yet."}</p> : (
        <table className="tb tb--s" aria-labelledby="metrics-h">
          <thead><tr><th scope="col">Metric</th><th scope="col" className="num">Step</th><th scope="col" className="num">Latest</th></tr></thead>
          {groups.map((g) => (
            <tbody key={g.detail.id}>
              {g.title && <tr><th scope="rowgroup" colSpan={3}><Link className="dim" href={scope.runHref(g.detail.id)}>{g.title}</Link></th></tr>}
              {[...g.detail.latestMetrics].sort((a, b) => a.key.localeCompare(b.key)).map((m) => (
                <tr key={m.key}><th scope="row"><code>{m.key}</code></th><td className="num dim">{m.step.toLocaleString("en")}</td><td className="num strong" title={String(m.value ?? "NaN")}>{formatNumber(m.value)}</td></tr>
              ))}
            </tbody>
          ))}
        </table>
      )}
    </section>
  );
}

export function RunParams({ run }: { run: RunDetail }) {
  return (
    <section className="sec" id="params" aria-labelledby="params-h">
      <div className="sec__h"><h2 id="params-h">Params</h2></div>
      {run.params.length === 0 ? <p className="dim">None logged.</p> : (
        <dl className="kv">{[...run.params].sort((a, b) => a.key.localeCompare(b.key)).map((p) => <div key={p.key} style={{ display: "contents" }}><dt><code>{p.key}</code></dt><dd><code>{p.value === "" ? "''" : p.value}</code></dd></div>)}</dl>
      )}
    </section>
  );
}

/** Which code, data and limits made the run. */
export function RunMadeFrom({ run, job, commit }: { run: RunDetail; job: Job | null; commit: string | null }) {
  const source = run.tags.find((t) => t.key === "mlflow.source.name")?.value;
  const rows: [string, React.ReactNode][] = [
    ...(commit ? [["Version", job ? <a key="v" href="#code"><code>{commit.slice(0, 12)}</code></a> : <code key="v">{commit.slice(0, 12)}</code>] as [string, React.ReactNode]] : []),
    ...(source && !job ? [["Source", <code key="s">{source}</code>] as [string, React.ReactNode]] : []),
    ...(job?.envManager ? [["Environment", job.envManager] as [string, React.ReactNode]] : []),
    ...(job ? [["Limits", `${+(job.limits.memoryBytes / 2 ** 30).toFixed(2)} GiB memory, ${+(job.limits.timeoutSeconds / 60).toFixed(1)} min`] as [string, React.ReactNode]] : []),
    ...run.inputs.datasets.map((d): [string, React.ReactNode] => ["Dataset", <span key={d.dataset.digest}>{d.dataset.name} <code>{d.dataset.digest}</code></span>]),
    ...run.outputs.models.map((m): [string, React.ReactNode] => ["Model", <code key={m.modelId}>{m.modelId}</code>]),
    ["Run id", <code key="id" className="runid">{run.id}</code>],
  ];
  return (
    <section className="sec" aria-labelledby="made-h">
      <div className="sec__h"><h2 id="made-h">Made from</h2></div>
      <dl className="kv">{rows.map(([name, value], i) => <div key={`${name}${i}`} style={{ display: "contents" }}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
