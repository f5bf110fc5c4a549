import type { Metadata } from "next";
import { orNotFound, pageCtx } from "@/app/page-ctx";
import { projectTexts } from "@/app/project-texts";
import { FilePage } from "@/components/projects/file-page";
import { readFile } from "@/server/domain/files";
import { getProject } from "@/server/domain/projects";

type Params = { params: Promise<{ project: string; path: string[] }>; searchParams: Promise<{ line?: string }> };

const pathOf = (parts: string[]) => parts.map(decodeURIComponent).join("/");

export async function generateMetadata({ params }: Params): Promise<Metadata> {
  return { title: pathOf((await params).path) };
}

export default async function ProjectFilePage({ params, searchParams }: Params) {
  const { project: idOrName, path } = await params;
  const { line } = await searchParams;
  const ctx = await pageCtx();
  const project = await orNotFound(getProject(ctx, { idOrName: decodeURIComponent(idOrName) }));
  const { file, text } = await orNotFound(readFile(ctx, { projectId: project.id, path: pathOf(path) }));
  return <FilePage key={file.id} file={file} text={text} texts={await projectTexts(ctx, project.id)} revealLine={line && /^\d+$/.test(line) ? Number(line) : undefined} />;
}
