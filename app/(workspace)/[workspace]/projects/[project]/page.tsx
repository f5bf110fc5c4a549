import { orNotFound, pageCtx } from "@/app/page-ctx";
import { projectTexts } from "@/app/project-texts";
import { Notebook } from "@/components/projects/notebook";
import { getProject } from "@/server/domain/projects";

export default async function NotebookPage({ params }: { params: Promise<{ project: string }> }) {
  const { project: idOrName } = await params;
  const ctx = await pageCtx();
  const project = await orNotFound(getProject(ctx, { idOrName: decodeURIComponent(idOrName) }));
  return <Notebook initialTexts={await projectTexts(ctx, project.id)} />;
}
