"use client";

import { RunView } from "@/components/runs/run-view";
import { SharedRunScope } from "@/components/runs/scope";
import { useRun } from "@/components/runs/use-run";
import { trpc } from "@/components/trpc";
import { isEnded } from "@/components/ui/status";
import { runState } from "@/components/runs/run-state";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { LinkOpensNothing } from "./link-opens-nothing";
import { SharedFrame } from "./shared-frame";
import { useIsClosed } from "./use-is-closed";

type Props = {
  token: string;
  shareId: string;
  rootRunId: string;
  expiresAtMs: number | null;
  workspaceName: string;
  experimentName: string | null;
  parent: { id: string; name: string } | null;
  initial: { run: RunDetail; job: Job | null; tree: RunSummary[] };
};

/** A run as a share link opens it: the same page, read-only, live; gone within seconds when the link is revoked. */
export function SharedRunPage({ token, shareId, rootRunId, ...props }: Props) {
  const runId = props.initial.run.id;
  const isClosed = useIsClosed(shareId, () => trpc.runs.get.query({ runId }));
  if (isClosed) return <LinkOpensNothing />;
  return <SharedRunScope token={token} rootRunId={rootRunId}><Open {...props} /></SharedRunScope>;
}

function Open({ initial, expiresAtMs, workspaceName, experimentName, parent }: Omit<Props, "token" | "shareId" | "rootRunId">) {
  const { run, job, tree, childJobs, refresh } = useRun(initial);
  const isLive = !isEnded(runState(run.status, job));
  return (
    <SharedFrame workspaceName={workspaceName} expiresAtMs={expiresAtMs} isLive={isLive}>
      <RunView run={run} job={job} tree={tree} childJobs={childJobs} parent={parent} experimentName={experimentName} onChanged={() => void refresh()} />
    </SharedFrame>
  );
}
