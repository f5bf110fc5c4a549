"use client";

import Link from "next/link";
import { formatDuration } from "@/common/format";
import { isEnded, StateIcon, type State } from "@/components/ui/status";
import { useIsHere } from "@/components/ui/time";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { axisTicks, orderTree } from "./run-tree";
import { clockEndMs, clockStartMs, runState } from "./run-state";
import { useRunScope } from "./scope";
import { useNow } from "@/components/ui/use-now";

type Row = { id: string; name: string; entryPoint: string | null; depth: number; state: State; fromMs: number; startMs: number; endMs: number | null; isWaiting: boolean };

/** The run and the runs below it, each a bar on one time line that goes on while they do. */
export function RunSteps({ run, job, children, childJobs }: { run: RunDetail; job: Job | null; children: RunSummary[]; childJobs: Job[] }) {
  const scope = useRunScope();
  const jobOf = new Map([...(job ? [job] : []), ...childJobs].map((j) => [j.runId, j]));
  const rows = orderTree({ ...run, entryPoint: job?.entryPoint ?? null }, children).map(({ node, depth }): Row => {
    const own = jobOf.get(node.id) ?? null;
    return {
      id: node.id, name: node.name, depth,
      entryPoint: own?.entryPoint ?? node.entryPoint,
      state: runState(node.status, own),
      fromMs: own?.createdAtMs ?? node.startTimeMs,
      startMs: own ? (own.startedAtMs ?? own.endedAtMs ?? Infinity) : clockStartMs(node, own),
      endMs: clockEndMs(node, own),
      isWaiting: Boolean(own?.waitingForRunId),
    };
  });
  const isLive = rows.some((r) => !isEnded(r.state));
  const nowMs = useNow(isLive);
  // Bars that grow with the clock would differ between the server's drawing and the browser's.
  const isHere = useIsHere();
  const startMs = Math.min(...rows.map((r) => r.fromMs));
  const endMs = Math.max(startMs + 1000, ...rows.map((r) => (isEnded(r.state) ? (r.endMs ?? r.fromMs) : nowMs)));
  // Room on the right for the last bar's time.
  const spanMs = (endMs - startMs) * 1.09;
  const at = (ms: number) => `${Math.min(100, Math.max(0, ((ms - startMs) / spanMs) * 100)).toFixed(2)}%`;
  const width = (from: number, to: number) => `${Math.max(0, ((to - from) / spanMs) * 100).toFixed(2)}%`;

  return (
    <section className="sec" id="steps" aria-labelledby="steps-h">
      <div className="sec__h">
        <h2 id="steps-h">Steps</h2>
        <span className="dim sm">{children.length === 1 ? "1 nested run" : `${children.length} nested runs`}</span>
        <span className="grow" />
        <ul className="legend hide-s" style={{ margin: 0 }}>
          <li><i className="key gb--prep" />preparing</li><li><i className="key gb--finished" />finished</li>
          {isLive && <li><i className="key gb--running" />running</li>}
          {rows.some((r) => r.isWaiting) && <li><i className="key gb--wait" />waiting, holds no slot</li>}
        </ul>
      </div>
      <div className="gantt">
        <div className="gt gt--axis" aria-hidden="true">
          <span className="gt__n dim">Step</span>
          <span className="gt__t">{isHere && axisTicks(spanMs).map((ms) => <i key={ms} style={{ left: at(startMs + ms) }}>{ms < 60_000 ? `${ms / 1000} s` : formatDuration(ms)}</i>)}</span>
        </div>
        <ol style={{ minHeight: rows.length * 30 }}>
          {isHere && rows.map((r) => {
            const barStart = Math.min(r.startMs, isEnded(r.state) ? (r.endMs ?? r.fromMs) : nowMs);
            const barEnd = isEnded(r.state) ? (r.endMs ?? barStart) : nowMs;
            return (
              <li key={r.id} className={r.depth > 0 ? "gt gt--kid" : "gt"}>
                <span className="gt__n" style={{ "--d": r.depth } as React.CSSProperties}>
                  <StateIcon state={r.state} isNamed />
                  <Link href={scope.runHref(r.id)} aria-current={r.id === run.id ? "page" : undefined}>{r.entryPoint ? <code>{r.entryPoint}</code> : r.name}</Link>
                  {r.entryPoint && <span className="dim cut">{r.name}</span>}
                </span>
                <span className="gt__t">
                  {barStart > r.fromMs && <i className="gb gb--prep" style={{ left: at(r.fromMs), width: width(r.fromMs, barStart) }} />}
                  {r.startMs !== Infinity && <i className={`gb gb--${r.isWaiting ? "wait" : r.state === "stopping" ? "running" : r.state}`} style={{ left: at(barStart), width: width(barStart, barEnd) }} />}
                  <em style={{ left: `calc(${at(barEnd)} + 6px)` }}>{r.startMs === Infinity ? r.state : formatDuration(barEnd - barStart, { isTicking: !isEnded(r.state) })}</em>
                </span>
              </li>
            );
          })}
        </ol>
        {isHere && isLive && <span className="gt__now" style={{ "--p": (nowMs - startMs) / spanMs } as React.CSSProperties} aria-hidden="true" />}
      </div>
    </section>
  );
}
