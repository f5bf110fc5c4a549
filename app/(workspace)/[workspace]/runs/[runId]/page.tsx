import type { Metadata } from "next";
import { RunPage } from "@/components/runs/run-page";
import { getExperiment } from "@/server/domain/experiments";
import { findJobByRun } from "@/server/domain/jobs";
import { getRun, listRunChildren } from "@/server/domain/runs";
import { findPageCtx, orNotFound, pageCtx } from "../../../../page-ctx";

type Props = { params: Promise<{ workspace: string; runId: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const ctx = await findPageCtx();
  const run = ctx ? await getRun(ctx, { runId: (await params).runId }).catch(() => null) : null;
  return { title: run?.name ?? "Run" };
}

export default async function Page({ params }: Props) {
  const { runId } = await params;
  const ctx = await pageCtx();
  const run = await orNotFound(getRun(ctx, { runId }));
  const [job, tree, experiment, parent] = await Promise.all([
    findJobByRun(ctx, { runId }),
    listRunChildren(ctx, { runId }),
    getExperiment(ctx, { experimentId: run.experimentId }),
    run.parentRunId ? getRun(ctx, { runId: run.parentRunId }).catch(() => null) : null,
  ]);
  return <RunPage key={runId} initial={{ run, job, tree }} experimentName={experiment.name} parent={parent && { id: parent.id, name: parent.name }} />;
}
