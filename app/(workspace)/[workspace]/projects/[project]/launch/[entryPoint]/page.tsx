import type { Metadata } from "next";
import { orNotFound, pageCtx } from "@/app/page-ctx";
import { projectTexts } from "@/app/project-texts";
import { LaunchPage } from "@/components/jobs/launch-page";
import { getProject } from "@/server/domain/projects";

type Params = { params: Promise<{ project: string; entryPoint: string }>; searchParams: Promise<Record<string, string | string[] | undefined>> };

export async function generateMetadata({ params }: Params): Promise<Metadata> {
  return { title: `Launch ${decodeURIComponent((await params).entryPoint)}` };
}

/** The form by its address: `?param=value` fills it in. */
export default async function LaunchFormPage({ params, searchParams }: Params) {
  const { project: idOrName, entryPoint } = await params;
  const ctx = await pageCtx();
  const project = await orNotFound(getProject(ctx, { idOrName: decodeURIComponent(idOrName) }));
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(await searchParams)) {
    const text = Array.isArray(value) ? value.at(-1) : value;
    if (text !== undefined) values[name] = text;
  }
  const name = decodeURIComponent(entryPoint);
  return <LaunchPage key={`${name}?${JSON.stringify(values)}`} entryPointName={name} initialValues={values} initialTexts={await projectTexts(ctx, project.id)} />;
}
