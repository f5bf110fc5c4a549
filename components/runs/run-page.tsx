"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { formatDuration } from "@/common/format";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { isEnded, StateIcon, stateOfRunStatus } from "@/components/ui/status";
import { Duration } from "@/components/ui/time";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { RunActions } from "./run-actions";
import { runState } from "./run-state";
import { orderTree } from "./run-tree";
import { RunView } from "./run-view";
import { useRunScope, WorkspaceRunScope } from "./scope";
import { useRun } from "./use-run";

export type RunPageProps = {
  initial: { run: RunDetail; job: Job | null; tree: RunSummary[] };
  experimentName: string;
  parent: { id: string; name: string } | null;
};

/** A run's page in its workspace. */
export function RunPage(props: RunPageProps) {
  return <WorkspaceRunScope><Page {...props} /></WorkspaceRunScope>;
}

function Page({ initial, experimentName, parent }: RunPageProps) {
  const { slug } = useWorkspace();
  const scope = useRunScope();
  const { run, job, tree, childJobs, refresh } = useRun(initial);
  const state = runState(run.status, job);
  const onChanged = () => void refresh();
  return (
    <>
      <Sidebar>
        {tree.length > 0 && <StepList run={run} job={job} tree={tree} />}
        {job && <RecentRuns job={job} runId={run.id} />}
      </Sidebar>
      <TopBar crumbs={[{ title: experimentName, href: `/${slug}/experiments/${run.experimentId}` }, ...(parent ? [{ title: parent.name, href: scope.runHref(parent.id) }] : []), { title: run.name }]}>
        <RunActions run={run} job={job} state={state} stepCount={tree.length} onChanged={onChanged} />
      </TopBar>
      <Main>
        <RunView run={run} job={job} tree={tree} childJobs={childJobs} parent={parent} experimentName={experimentName} onChanged={onChanged} />
      </Main>
    </>
  );
}

function StepList({ run, job, tree }: { run: RunDetail; job: Job | null; tree: RunSummary[] }) {
  const scope = useRunScope();
  return (
    <>
      <div className="side__h"><span>Steps of this run</span></div>
      <div className="tree steps">
        {orderTree({ ...run, entryPoint: job?.entryPoint ?? null }, tree).slice(0, 40).map(({ node, depth }) => {
          const state = node.id === run.id ? runState(run.status, job) : stateOfRunStatus(node.status);
          return (
            <Link key={node.id} href={scope.runHref(node.id)} title={node.name} aria-current={node.id === run.id ? "page" : undefined} style={{ "--d": depth * 1.3 } as React.CSSProperties}>
              <StateIcon state={state} isNamed /><span className="nm">{node.entryPoint ? <code>{node.entryPoint}</code> : node.name}</span>
              <span className="m"><Duration startMs={node.startTimeMs} endMs={isEnded(state) ? (node.endTimeMs ?? node.startTimeMs) : null} /></span>
            </Link>
          );
        })}
      </div>
    </>
  );
}

/** The launches of this entry point before and after. */
function RecentRuns({ job, runId }: { job: Job; runId: string }) {
  const scope = useRunScope();
  const recent = useQuery({ queryKey: ["run", runId, "recent"], queryFn: () => trpc.runs.recentOf.query({ projectId: job.projectId, entryPoint: job.entryPoint }) });
  const others = recent.data ?? [];
  if (others.length < 2) return null;
  return (
    <>
      <div className="side__h" style={{ marginTop: 8 }}><span>Recent runs of {job.entryPoint}</span></div>
      <div className="tree">
        {others.map((o) => (
          <Link key={o.id} href={scope.runHref(o.runId)} aria-current={o.runId === runId ? "page" : undefined}>
            <StateIcon state={o.state} isNamed /><span className="nm">{o.runName}</span>
            <span className="m">{o.startedAtMs && o.endedAtMs ? formatDuration(o.endedAtMs - o.startedAtMs) : ""}</span>
          </Link>
        ))}
      </div>
    </>
  );
}
