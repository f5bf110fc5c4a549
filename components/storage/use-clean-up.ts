import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { trpc } from "../trpc";
import { sayFailed } from "../ui/toast";

/** The clean-up on the server: whether one runs, how far it is, and the ways to start and stop it. Anybody's is everybody's. */
export function useCleanUp() {
  const cache = useQueryClient();
  const state = useQuery({
    queryKey: ["storage", "state"],
    queryFn: () => trpc.storage.state.query(),
    refetchInterval: (query) => (query.state.data?.isRunning ? 700 : false),
  });
  const isRunning = state.data?.isRunning ?? false;
  const wasRunning = useRef(false);
  // The figures of the page are others once it has ended.
  useEffect(() => {
    if (wasRunning.current && !isRunning) void cache.invalidateQueries({ queryKey: ["storage"], predicate: (q) => q.queryKey[1] !== "state" });
    wasRunning.current = isRunning;
  }, [isRunning, cache]);
  const start = useMutation({
    mutationFn: (olderThanDays: number) => trpc.storage.cleanUp.mutate({ olderThanDays }),
    onSettled: () => cache.invalidateQueries({ queryKey: ["storage", "state"] }),
    onError: (error) => sayFailed("No clean-up was started", error),
  });
  const stop = useMutation({ mutationFn: () => trpc.storage.stop.mutate(), onError: (error) => sayFailed("It goes on", error) });
  return { state: state.data ?? null, isRunning: isRunning || start.isPending, start: start.mutate, stop: stop.mutate, isStopping: stop.isSuccess && isRunning };
}

export type CleanUp = ReturnType<typeof useCleanUp>;
