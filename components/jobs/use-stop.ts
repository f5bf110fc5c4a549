"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { trpc } from "@/components/trpc";
import { sayFailed } from "@/components/ui/toast";

/** Asks a launch to stop. Its state says what became of it. */
export function useStop() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (jobId: string) => trpc.jobs.cancel.mutate({ jobId }),
    onError: (error) => sayFailed("Not stopped", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
