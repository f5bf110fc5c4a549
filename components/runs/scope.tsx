"use client";

import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useWorkspace } from "@/components/shell/workspace-context";

/** Where the parts of a run link to, and what they offer: a member's workspace, or a share link that only shows. */
export type RunScope = {
  isShared: boolean;
  may: { track: boolean; launch: boolean; share: boolean; edit: boolean };
  runHref: (runId: string) => string;
  /** null behind a share link, which opens nothing but its run and the steps below it. */
  experimentHref: ((experimentId: number) => string) | null;
  projectHref: ((projectId: string) => string) | null;
  launchHref: ((projectId: string, entryPoint: string, parameters: Record<string, string>) => string) | null;
  compareHref: ((runIds: string[]) => string) | null;
};

const Context = createContext<RunScope | null>(null);

export function useRunScope(): RunScope {
  const scope = useContext(Context);
  if (!scope) throw new Error("useRunScope stands outside a run scope");
  return scope;
}

export function WorkspaceRunScope({ children }: { children: ReactNode }) {
  const { slug, may } = useWorkspace();
  const scope = useMemo<RunScope>(
    () => ({
      isShared: false,
      may,
      runHref: (id) => `/${slug}/runs/${id}`,
      experimentHref: (id) => `/${slug}/experiments/${id}`,
      projectHref: (id) => `/${slug}/projects/${encodeURIComponent(id)}`,
      launchHref: (id, entryPoint, parameters) => {
        const query = new URLSearchParams(parameters).toString();
        return `/${slug}/projects/${encodeURIComponent(id)}/launch/${encodeURIComponent(entryPoint)}${query ? `?${query}` : ""}`;
      },
      compareHref: (ids) => `/${slug}/compare?runs=${ids.join(",")}`,
    }),
    [slug, may],
  );
  return <Context value={scope}>{children}</Context>;
}

/** A step of the shared run opens on the same page, by `?run=`. */
export function SharedRunScope({ token, rootRunId, children }: { token: string; rootRunId: string; children: ReactNode }) {
  const scope = useMemo<RunScope>(
    () => ({
      isShared: true,
      may: { track: false, launch: false, share: false, edit: false },
      runHref: (id) => `/share/${encodeURIComponent(token)}${id === rootRunId ? "" : `?run=${id}`}`,
      experimentHref: null,
      projectHref: null,
      launchHref: null,
      compareHref: null,
    }),
    [token, rootRunId],
  );
  return <Context value={scope}>{children}</Context>;
}
