"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { RunnerSeen } from "./sandbox-info";

export type WorkspaceInfo = {
  /** First part of every address of this workspace, such as "default". */
  slug: string;
  name: string;
  viewer: { name: string; color: string | null; role: "viewer" | "editor" | "owner"; isOpen: boolean };
  may: { edit: boolean; launch: boolean; share: boolean; track: boolean; administer: boolean };
  /** As found when the page was made; `useSandbox` follows it. */
  runners: RunnerSeen[];
  /** Where MLflow clients point. */
  trackingUri: string;
};

const Context = createContext<WorkspaceInfo | null>(null);

export function WorkspaceProvider({ value, children }: { value: WorkspaceInfo; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

/** The workspace this page is in; null behind a share link. */
export const useWorkspaceIfAny = () => useContext(Context);

export function useWorkspace(): WorkspaceInfo {
  const info = useContext(Context);
  if (!info) throw new Error("useWorkspace stands outside the workspace's layout");
  return info;
}
