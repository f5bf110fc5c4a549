"use client";

import { useTopic } from "@/components/live-socket";
import { useQueryClient } from "@tanstack/react-query";
import { fallbackEntryPoint } from "@/common/mlproject";
import { useProject } from "@/components/projects/project-context";
import { ProjectTopBar } from "@/components/projects/project-topbar";
import { useLiveOutline } from "@/components/projects/use-live-outline";
import { Main } from "@/components/shell/main";
import { ButtonLink } from "@/components/ui/button";
import { LaunchForm } from "./launch-form";
import type { SetValues } from "./parameter-values";

/** The launch form as a page: for someone who never opens the code, and for links that fill it in. */
export function LaunchPage({ entryPointName, initialValues, initialTexts }: { entryPointName: string; initialValues: SetValues; initialTexts: Record<string, string> }) {
  const { id, name, hrefs } = useProject();
  const client = useQueryClient();
  const { outline } = useLiveOutline(initialTexts);
  useTopic(`project:${id}`, () => void client.invalidateQueries({ queryKey: ["jobs"] }));
  const declared = outline.entryPoints.find((e) => e.name === entryPointName);
  // A script's own name runs too, as in MLflow.
  const entryPoint = declared ?? fallbackEntryPoint(entryPointName);
  if (!entryPoint) {
    const [first] = outline.entryPoints;
    return (
      <>
        <ProjectTopBar here="Launch" />
        <Main>
          <div className="page">
            <div className="msg">
              <h1>There is no entry point {entryPointName}</h1>
              <p>{name} has {outline.entryPoints.length ? outline.entryPoints.map((e) => e.name).join(", ") : "none yet"}. Its MLproject names them.</p>
              <div className="row">{first && <ButtonLink look="primary" href={hrefs.launch(first.name)}>Launch {first.name}</ButtonLink>}<ButtonLink href={hrefs.notebook}>Notebook</ButtonLink></div>
            </div>
          </div>
        </Main>
      </>
    );
  }
  return <LaunchForm entryPoint={entryPoint} outline={outline} initialValues={initialValues} />;
}
