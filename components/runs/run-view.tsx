"use client";

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { RunArtifacts } from "@/components/artifacts/run-artifacts";
import { RunLog } from "@/components/terminal";
import { trpc } from "@/components/trpc";
import { Note } from "@/components/ui/note";
import { Button } from "@/components/ui/button";
import { isEnded, stateOfRunStatus } from "@/components/ui/status";
import { sayFailed } from "@/components/ui/toast";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { RunCause } from "./run-cause";
import { RunCharts } from "./run-charts";
import { RunCode } from "./run-code";
import { RunMadeFrom, RunMetrics, RunParams } from "./run-facts";
import { RunHeader, tagOf } from "./run-header";
import { RunNotes } from "./run-notes";
import { runState } from "./run-state";
import { RunSteps } from "./run-steps";
import { RunTags } from "./run-tags";
import { useRunScope } from "./scope";
import "./runs.css";

/** Steps whose metrics and artifacts stand on their parent's page; further ones have their own. */
const mostStepsShown = 24;

type Props = {
  run: RunDetail;
  job: Job | null;
  tree: RunSummary[];
  childJobs: Job[];
  parent: { id: string; name: string } | null;
  experimentName: string | null;
  onChanged: () => void;
};

/** Everything of one run, for members and behind a share link alike; what may be done is the scope's to say. */
export function RunView({ run, job, tree, childJobs, parent, experimentName, onChanged }: Props) {
  const { isShared, may } = useRunScope();
  const state = runState(run.status, job);
  const isLive = !isEnded(state) || tree.some((c) => !isEnded(stateOfRunStatus(c.status)));
  const commit = job?.commit ?? tagOf(run, "mlflow.source.git.commit");
  const steps = useMemo(() => tree.slice(0, mostStepsShown), [tree]);
  const details = useQueries({
    queries: steps.map((s) => ({ queryKey: ["run", run.id, "step", s.id], queryFn: () => trpc.runs.get.query({ runId: s.id }) })),
  }).flatMap((q) => (q.data ? [q.data] : []));
  const entryPointOf = (id: string) => childJobs.find((j) => j.runId === id)?.entryPoint ?? steps.find((s) => s.id === id)?.entryPoint ?? null;
  const titleOf = (s: { id: string; name: string }) => [entryPointOf(s.id), s.name].filter(Boolean).join(" ");
  const lines = [run, ...details].map((d) => ({ id: d.id, name: d.id === run.id ? run.name : titleOf(d), isLive: !isEnded(stateOfRunStatus(d.status)) }));
  const isFailed = state === "failed" || state === "lost";
  const owners = [{ runId: run.id, title: "This run", isEnded: isEnded(state) }, ...steps.map((s) => ({ runId: s.id, title: titleOf(s), isEnded: isEnded(stateOfRunStatus(s.status)) }))];

  return (
    <div className="page run-page">
      {run.lifecycleStage === "deleted" && (
        <Note look="warn" act={may.track ? <Button onClick={() => void trpc.runs.restore.mutate({ runId: run.id }).then(onChanged, (e: unknown) => sayFailed("The run was not restored", e))}>Restore</Button> : undefined}>
          <b>This run was deleted.</b> It is kept for 30 days with all it holds; lists and comparisons leave it out.
        </Note>
      )}
      <RunHeader run={run} job={job} state={state} children={tree} parent={parent} experimentName={experimentName} commit={commit} />
      <nav className="tabs tabs--page" aria-label="Sections of this run">
        {isFailed && job ? <a href="#cause" aria-current="true">Cause</a> : null}
        <a href="#overview" aria-current={isFailed && job ? undefined : "true"}>Overview</a><a href="#log">Log</a><a href="#artifacts">Artifacts</a>{job && <a href="#code">Code</a>}
      </nav>
      {isFailed && job && <RunCause runId={run.id} state={state} job={job} children={tree} />}
      <div className="cols" id="overview">
        <div className="cols__m">
          {tree.length > 0 && <RunSteps run={run} job={job} children={tree} childJobs={childJobs} />}
          <RunCharts ownerRunId={run.id} details={[run, ...details]} lines={lines} isLive={isLive} />
          <RunNotes run={run} onChanged={onChanged} />
        </div>
        <aside className="cols__s" aria-label="Facts of this run">
          <RunMetrics run={run} isEnded={!isLive} steps={details.map((detail) => ({ detail, entryPoint: entryPointOf(detail.id) }))} />
          <RunParams run={run} />
          <RunMadeFrom run={run} job={job} commit={commit} />
          <RunTags run={run} onChanged={onChanged} />
        </aside>
      </div>
      <div className="sec" id="log">
        <div className="sec__h"><h2>Log</h2></div>
        {job ? <div className="panel logp"><RunLog jobId={job.id} isLive={!isEnded(state)} height={360} label={`Log of ${run.name}`} {...(isShared ? { downloadHref: null } : {})} /></div> : (
          <section className="panel empty" aria-label="Log"><h3>No log here</h3><p>A client logged this run from elsewhere, so its output is where it ran. Runs launched from a project keep theirs here.</p></section>
        )}
      </div>
      <RunArtifacts ownerRunId={run.id} owners={owners} />
      {job && <RunCode runId={run.id} entryPoint={job.entryPoint} />}
    </div>
  );
}
