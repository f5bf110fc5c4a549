"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTopic } from "@/components/live-socket";
import { useLiveRefresh } from "@/components/runs/use-live-refresh";
import { trpc } from "@/components/trpc";

/** The run behind a launch, the runs below it, and their launches; followed while it goes on. */
export function useJobRun({ runId, isLive }: { runId: string; isLive: boolean }) {
  const client = useQueryClient();
  const refetchInterval = isLive ? 4000 : false;
  const run = useQuery({ queryKey: ["run", runId, "get"], queryFn: () => trpc.runs.get.query({ runId }), refetchInterval });
  const tree = useQuery({ queryKey: ["run", runId, "children"], queryFn: () => trpc.runs.children.query({ runId }), refetchInterval });
  const childJobs = useQuery({ queryKey: ["run", runId, "childJobs"], queryFn: () => trpc.runs.childJobs.query({ runId }), refetchInterval });
  const poke = useLiveRefresh(() => client.invalidateQueries({ queryKey: ["run", runId] }));
  useTopic(`run:${runId}`, poke);
  useTopic(`run-tree:${runId}`, poke);
  return { run: run.data, tree: tree.data ?? [], childJobs: childJobs.data ?? [] };
}
