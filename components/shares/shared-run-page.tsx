"use client";

import { useQuery } from "@tanstack/react-query";
import { TRPCClientError } from "@trpc/client";
import { Eye } from "lucide-react";
import { useEffect, useState } from "react";
import { Live } from "@/components/runs/run-charts";
import { RunView } from "@/components/runs/run-view";
import { SharedRunScope } from "@/components/runs/scope";
import { useRun } from "@/components/runs/use-run";
import { useLiveConnection, useTopic } from "@/components/live-socket";
import { BrandMark } from "@/components/shell/sidebar";
import { trpc } from "@/components/trpc";
import { Icon } from "@/components/ui/icon";
import { isEnded } from "@/components/ui/status";
import { ThemeToggle } from "@/components/ui/theme-toggle";
import { Time } from "@/components/ui/time";
import { runState } from "@/components/runs/run-state";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { LinkOpensNothing } from "./link-opens-nothing";

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
  const [isClosed, setClosed] = useState(false);
  const check = useQuery({
    queryKey: ["share", shareId],
    queryFn: async () => {
      try {
        await trpc.runs.get.query({ runId: props.initial.run.id });
        return true;
      } catch (error) {
        if (!isRefused(error)) throw error;
        setClosed(true);
        return false;
      }
    },
    // The topic closes it at once; asking again is for a socket that is not connected.
    refetchInterval: 2500,
    refetchIntervalInBackground: true,
    retry: false,
    enabled: !isClosed,
  });
  const { refetch } = check;
  useTopic(`share:${shareId}`, () => void refetch());
  const connection = useLiveConnection().kind;
  useEffect(() => {
    if (connection === "paused") void refetch();
  }, [connection, refetch]);
  if (isClosed) return <LinkOpensNothing />;
  return <SharedRunScope token={token} rootRunId={rootRunId}><Open {...props} /></SharedRunScope>;
}

/** Whether the server said no, rather than being away. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const response: unknown = error.meta?.response;
  return response instanceof Response && [401, 403, 404].includes(response.status);
}

function Open({ initial, expiresAtMs, workspaceName, experimentName, parent }: Omit<Props, "token" | "shareId" | "rootRunId">) {
  const { run, job, tree, childJobs, refresh } = useRun(initial);
  const isLive = !isEnded(runState(run.status, job));
  return (
    <div className="p-shared">
      <header className="sharebar">
        <span className="brand"><BrandMark /><span data-wide="">Flowbook</span></span>
        <p><Icon of={Eye} /><span><b className="strong">View only.</b> Shared from {workspaceName}{expiresAtMs ? <> until <Time ms={expiresAtMs} /></> : null}.</span></p>
        {isLive && <Live />}
        <ThemeToggle />
      </header>
      <main className="shared" id="main" tabIndex={-1}>
        <RunView run={run} job={job} tree={tree} childJobs={childJobs} parent={parent} experimentName={experimentName} onChanged={() => void refresh()} />
      </main>
    </div>
  );
}
