"use client";

import { useQuery } from "@tanstack/react-query";
import { trpc } from "@/components/trpc";
import { isEnded } from "@/components/ui/status";

/** The newest launches of one entry point, by people and by the pipeline alike. */
export function useEntryJobs(projectId: string, entryPoint: string) {
  const { data } = useQuery({
    queryKey: ["jobs", "list", projectId, entryPoint],
    queryFn: async () => (await trpc.jobs.list.query({ projectId, entryPoint, limit: 12 })).jobs,
    // The live connection brings changes at once; this covers the moments without one.
    refetchInterval: (query) => (query.state.data?.some((j) => !isEnded(j.state)) ? 2500 : 30_000),
  });
  return data ?? [];
}
