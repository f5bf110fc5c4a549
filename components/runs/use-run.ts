"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTopic } from "@/components/live-socket";
import { trpc } from "@/components/trpc";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { useLiveRefresh } from "./use-live-refresh";

/** A run with its job and the runs below it: as the server rendered them first, then kept up to date while the page is open. */
export function useRun(initial: { run: RunDetail; job: Job | null; tree: RunSummary[] }) {
  const client = useQueryClient();
  const runId = initial.run.id;
  const run = useQuery({ queryKey: ["run", runId, "get"], queryFn: () => trpc.runs.get.query({ runId }), initialData: initial.run });
  const job = useQuery({ queryKey: ["run", runId, "job"], queryFn: () => trpc.runs.job.query({ runId }), initialData: initial.job });
  const tree = useQuery({ queryKey: ["run", runId, "children"], queryFn: () => trpc.runs.children.query({ runId }), initialData: initial.tree });
  const childJobs = useQuery({ queryKey: ["run", runId, "childJobs"], queryFn: () => trpc.runs.childJobs.query({ runId }) });

  const refresh = () => client.invalidateQueries({ queryKey: ["run", runId] });
  const poke = useLiveRefresh(refresh);
  useTopic(`run:${runId}`, poke);
  useTopic(`run-tree:${runId}`, poke);
  useTopic(job.data ? `job:${job.data.id}` : null, poke);
  return { run: run.data, job: job.data, tree: tree.data, childJobs: childJobs.data ?? [], refresh };
}

/** Points of one metric for some runs, thinned to what a chart can show; refreshed with the run named by `ownerRunId`. */
export function useSeries(ownerRunId: string, runIds: string[], key: string) {
  return useQuery({
    queryKey: ["run", ownerRunId, "series", key, runIds.join(",")],
    queryFn: () => trpc.runs.series.query({ runIds, key, maxPoints: 1000 }),
    enabled: runIds.length > 0,
    placeholderData: (before) => before,
  });
}
