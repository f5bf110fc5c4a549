"use client";

import { useQuery } from "@tanstack/react-query";
import { trpc } from "@/components/trpc";
import { type RunnerSeen, type SandboxInfo, sandboxOf } from "./sandbox-info";
import { useWorkspace } from "./workspace-context";

/** What the sandbox gives right now; asked again each 20 s, as a runner that goes away announces nothing. */
export function useSandbox(): SandboxInfo {
  const { runners } = useWorkspace();
  const found = useQuery({ queryKey: ["jobs", "runners"], queryFn: (): Promise<RunnerSeen[]> => trpc.jobs.runners.query(), initialData: runners, refetchInterval: 20_000, staleTime: 10_000 });
  return sandboxOf(found.data);
}
