"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTopic } from "@/components/live-socket";
import { trpc } from "@/components/trpc";
import { isEnded } from "@/components/ui/status";

/** How many launches by people are not ended yet. */
export function useRunningCount(): number {
  const { data } = useRecentJobs();
  return data?.filter((j) => j.parentJobId === null && !isEnded(j.state)).length ?? 0;
}

/** The newest launches of the workspace with their runs' names; followed while the page is open. */
export function useRecentJobs() {
  const client = useQueryClient();
  useTopic("jobs", () => void client.invalidateQueries({ queryKey: ["jobs", "recent"] }));
  return useQuery({
    queryKey: ["jobs", "recent"],
    queryFn: () => trpc.jobs.recent.query(),
    // While something runs its end is not announced to the whole workspace, so it is asked for.
    refetchInterval: (query) => (query.state.data?.some((j) => !isEnded(j.state)) ? 3000 : 20_000),
  });
}
