"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "@/components/trpc";
import { DiffView } from "@/components/editor";
import type { RunDetail } from "@/server/domain/runs";

const commitOf = (run: RunDetail) => run.tags.find((t) => t.key === "mlflow.source.git.commit")?.value ?? null;

/** The files in which another run's code differs from the baseline's; the left side is the baseline. */
export function CompareCode({ base, others }: { base: RunDetail; others: RunDetail[] }) {
  const candidates = others.filter((o) => commitOf(o) && commitOf(o) !== commitOf(base));
  const [otherId, setOther] = useState<string | null>(null);
  const other = candidates.find((o) => o.id === otherId) ?? candidates[0];
  const diff = useQuery({ queryKey: ["code", base.id, "against", other?.id], queryFn: () => trpc.runs.codeAgainst.query({ runId: base.id, otherRunId: other?.id ?? "" }), enabled: Boolean(other && commitOf(base)), staleTime: Infinity });
  if (!other || !commitOf(base)) return null;
  return (
    <section className="sec" id="code" aria-labelledby="cmp-code">
      <div className="sec__h">
        <h2 id="cmp-code">Code</h2>
        <span className="dim sm">from the baseline <code>{commitOf(base)?.slice(0, 7)}</code> to <code>{commitOf(other)?.slice(0, 7)}</code></span>
        <span className="grow" />
        {candidates.length > 1 && <><label className="sr" htmlFor="cmp-other">Compared run</label><select className="in in--s" id="cmp-other" value={other.id} onChange={(e) => setOther(e.target.value)}>{candidates.map((c) => <option key={c.id} value={c.id}>{c.name}</option>)}</select></>}
      </div>
      {diff.isError ? <p className="mid">The difference did not load. {diff.error.message}</p> : !diff.data ? <p className="dim" style={{ minHeight: 160 }}>Reading the files of both runs.</p> : diff.data.length === 0 ? <p className="dim">The files are the same.</p> : diff.data.map((f) => (
        <div key={f.path} className="panel fd"><div className="prev__h"><b>{f.path}</b>{f.before === null && <span className="dim">new</span>}{f.after === null && <span className="dim">gone</span>}</div><DiffView original={f.before ?? ""} modified={f.after ?? ""} path={f.path} originalLabel={`${base.name}, baseline`} modifiedLabel={other.name} /></div>
      ))}
    </section>
  );
}
