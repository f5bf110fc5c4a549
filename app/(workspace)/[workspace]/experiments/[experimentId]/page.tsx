import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ExperimentPage } from "@/components/experiments/experiment-page";
import { getExperiment } from "@/server/domain/experiments";
import { findPageCtx, orNotFound, pageCtx } from "../../../../page-ctx";

type Props = { params: Promise<{ workspace: string; experimentId: string }> };

const readId = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : null);

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const ctx = await findPageCtx();
  const experimentId = readId((await params).experimentId);
  const found = ctx && experimentId !== null ? await getExperiment(ctx, { experimentId }).catch(() => null) : null;
  return { title: found?.name ?? "Experiment" };
}

export default async function Page({ params }: Props) {
  const experimentId = readId((await params).experimentId);
  if (experimentId === null) notFound();
  const ctx = await pageCtx();
  const experiment = await orNotFound(getExperiment(ctx, { experimentId }));
  return <ExperimentPage key={experiment.id} experiment={experiment} />;
}
