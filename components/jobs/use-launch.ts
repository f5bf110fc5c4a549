"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { errorProblems, trpc } from "@/components/trpc";
import { sayFailed } from "@/components/ui/toast";

export type LaunchRequest = { entryPoint: string; parameters: Record<string, string>; envManager?: "local" | "virtualenv" | "uv" | "conda"; runName?: string };

/** Launches an entry point of the project as it stands. `beforeLaunch` may wait until everything typed is stored. */
export function useLaunch(projectId: string, { beforeLaunch }: { beforeLaunch?: () => Promise<void> } = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (request: LaunchRequest) => {
      await beforeLaunch?.();
      return trpc.jobs.launch.mutate({ projectId, ...request });
    },
    onError: (error, { entryPoint }) => {
      const problems = errorProblems(error);
      sayFailed(`${entryPoint} was not launched`, problems.length > 0 ? new Error(problems.map((p) => `${p.field.replace(/^parameters\./, "")}: ${p.message}`).join(" ")) : error);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
