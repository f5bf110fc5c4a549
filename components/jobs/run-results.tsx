"use client";

import { useQuery } from "@tanstack/react-query";
import { File as FileIcon, Folder } from "lucide-react";
import Link from "next/link";
import { formatNumber, formatSize } from "@/common/format";
import { headlineMetrics } from "@/common/headline-metric";
import { formatDelta } from "@/components/runs/delta";
import { clockEndMs, clockStartMs, runState } from "@/components/runs/run-state";
import { trpc } from "@/components/trpc";
import { Icon } from "@/components/ui/icon";
import { StateIcon } from "@/components/ui/status";
import { Duration } from "@/components/ui/time";
import type { Job } from "@/server/domain/jobs";
import { HeadlineChart } from "./headline-chart";
import { useJobRun } from "./use-job-run";

/** What came out of a launch: headline metrics beside those of the launch before, nested runs, artifacts, and the way to its page. */
export function RunResults({ job, before, runHref }: { job: Job; before: Job | undefined; runHref: (runId: string) => string }) {
  const isOver = job.endedAtMs !== null;
  const { run, tree, childJobs } = useJobRun({ runId: job.runId, isLive: !isOver });
  const { data: last } = useQuery({ queryKey: ["run", before?.runId, "get"], queryFn: () => trpc.runs.get.query({ runId: before?.runId ?? "" }), enabled: before !== undefined });
  const metrics = headlineMetrics(run?.latestMetrics ?? [], 4);
  const moving = metrics.find((m) => m.step > 0);
  const kids = tree.filter((t) => t.parentRunId === job.runId);
  return (
    <div className="cell__res">
      <div className="row">
        <h3 className="lbl">{isOver ? "Results" : "Results so far"}</h3>
        {last && metrics.length > 0 && <span className="dim sm">against {last.name}</span>}
        <span className="grow" />
        <Link className="sm" href={runHref(job.runId)}>Run page</Link>
      </div>
      {metrics.length > 0 && (
        <ul className="mt">
          {metrics.map((m) => {
            const was = last?.latestMetrics.find((x) => x.key === m.key);
            return <li key={m.key}><span className="mt__n cut">{m.key}</span><span className="mt__v">{formatNumber(m.value)}</span><span className="delta delta--same">{was ? formatDelta(was.value, m.value) : ""}</span></li>;
          })}
        </ul>
      )}
      {run && moving && <HeadlineChart metricKey={moving.key} run={run} before={last?.latestMetrics.some((m) => m.key === moving.key) ? last : undefined} isLive={!isOver} />}
      {kids.length > 0 && (
        <ul className="kids" aria-label="Nested runs">
          {kids.map((kid) => {
            const kidJob = childJobs.find((j) => j.runId === kid.id);
            return (
              <li key={kid.id}>
                <StateIcon state={runState(kid.status, kidJob)} isNamed />
                <Link href={runHref(kid.id)}>{kid.entryPoint ? <code>{kid.entryPoint}</code> : kid.name}</Link>
                <span className="dim cut">{kid.entryPoint ? kid.name : ""}</span>
                <span />
                <span className="dim num"><Duration startMs={clockStartMs(kid, kidJob)} endMs={clockEndMs(kid, kidJob)} /></span>
              </li>
            );
          })}
        </ul>
      )}
      <Artifacts runId={job.runId} href={`${runHref(job.runId)}#artifacts`} />
      {isOver && metrics.length === 0 && kids.length === 0 && <p className="dim sm">It logged no metric.</p>}
    </div>
  );
}

const shown = 4;

function Artifacts({ runId, href }: { runId: string; href: string }) {
  const { data } = useQuery({ queryKey: ["run", runId, "artifacts", ""], queryFn: () => trpc.artifacts.list.query({ runId }) });
  if (!data || data.files.length === 0) return null;
  return (
    <div className="thumbs">
      {data.files.slice(0, shown).map((f) => (
        <Link key={f.path} className="thumb" href={href} title={f.path}>
          <span className="thumb__p thumb__p--flat">
            {/\.(png|jpe?g|gif|webp)$/i.test(f.path)
              ? <img src={`/get-artifact?run_id=${runId}&path=${encodeURIComponent(f.path)}`} alt="" loading="lazy" />
              : <Icon of={f.isDir ? Folder : FileIcon} />}
          </span>
          <span className="thumb__n">{f.path.split("/").at(-1)}</span>
          <small>{f.isDir ? "folder" : formatSize(f.sizeBytes)}</small>
        </Link>
      ))}
      {data.files.length > shown && <Link className="sm" href={href}>{data.files.length - shown} more</Link>}
    </div>
  );
}
