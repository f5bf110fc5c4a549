import type { ReactNode } from "react";
import { orNotFound, pageCtx } from "@/app/page-ctx";
import { FileTree } from "@/components/projects/file-tree";
import { ProjectProvider } from "@/components/projects/project-context";
import { Sidebar } from "@/components/shell/sidebar";
import { listFiles } from "@/server/domain/files";
import { getProject } from "@/server/domain/projects";

export async function generateMetadata({ params }: { params: Promise<{ project: string }> }) {
  const name = decodeURIComponent((await params).project);
  return { title: { default: name, template: `%s · ${name} · Flowbook` } };
}

export default async function ProjectLayout({ children, params }: { children: ReactNode; params: Promise<{ project: string }> }) {
  const { project: idOrName } = await params;
  const ctx = await pageCtx();
  const { id, name, experimentId } = await orNotFound(getProject(ctx, { idOrName: decodeURIComponent(idOrName) }));
  const files = await listFiles(ctx, { projectId: id });
  return (
    <ProjectProvider project={{ id, name, experimentId }} initialFiles={files}>
      <Sidebar><FileTree /></Sidebar>
      {children}
    </ProjectProvider>
  );
}
