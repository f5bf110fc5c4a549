"use client";

import { useWorkspace } from "@/components/shell/workspace-context";
import type { Experiment } from "@/server/domain/experiments";
import { ShareExperimentButton } from "./share-experiment-button";
import { RunsPage } from "./runs-page";

/** The runs of one experiment. */
export function ExperimentPage({ experiment }: { experiment: Experiment }) {
  const { slug } = useWorkspace();
  return (
    <RunsPage
      title={`Runs of ${experiment.name}`}
      viewKey={String(experiment.id)}
      experiments={[{ id: experiment.id, name: experiment.name }]}
      actions={<ShareExperimentButton id={experiment.id} name={experiment.name} />}
      crumbs={[{ title: "Experiments", href: `/${slug}/experiments` }, { title: experiment.name }]}
    />
  );
}
