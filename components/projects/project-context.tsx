"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useTopic } from "@/components/live-socket";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import type { FileEntry } from "@/server/domain/files";
import type { Project } from "@/server/domain/projects";

export type ProjectInfo = Pick<Project, "id" | "name" | "experimentId">;
type Value = { project: ProjectInfo; initialFiles: FileEntry[] };

const Context = createContext<Value | null>(null);

export function ProjectProvider({ project, initialFiles, children }: Value & { children: ReactNode }) {
  const value = useMemo(() => ({ project, initialFiles }), [project, initialFiles]);
  return <Context value={value}>{children}</Context>;
}

function useValue(): Value {
  const value = useContext(Context);
  if (!value) throw new Error("this stands outside a project's pages");
  return value;
}

/** The project of this page, with the addresses of its pages. */
export function useProject() {
  const { project } = useValue();
  const { slug } = useWorkspace();
  const base = `/${slug}/projects/${encodeURIComponent(project.name)}`;
  return {
    ...project,
    hrefs: {
      notebook: base,
      settings: `${base}/settings`,
      runs: `/${slug}/experiments/${project.experimentId}`,
      file: (path: string) => `${base}/files/${path.split("/").map(encodeURIComponent).join("/")}`,
      launch: (entryPoint: string, given?: Record<string, string>) => {
        const query = new URLSearchParams(given).toString();
        return `${base}/launch/${encodeURIComponent(entryPoint)}${query ? `?${query}` : ""}`;
      },
      run: (runId: string) => `/${slug}/runs/${runId}`,
    },
  };
}

/** The project's files, followed while the page is open. */
export function useFiles(): FileEntry[] {
  const { project, initialFiles } = useValue();
  const client = useQueryClient();
  useTopic(`files:${project.id}`, () => void client.invalidateQueries({ queryKey: ["files"] }));
  return useQuery({ queryKey: ["files", "list", project.id], queryFn: () => trpc.files.list.query({ projectId: project.id }), initialData: initialFiles }).data;
}
