import type { Metadata } from "next";
import { ExperimentsPage } from "@/components/experiments/experiments-page";
import { listExperiments } from "@/server/domain/experiments";
import { pageCtx } from "../../../page-ctx";

export const metadata: Metadata = { title: "Experiments" };

export default async function Page() {
  const ctx = await pageCtx();
  const { experiments } = await listExperiments(ctx, { limit: 500 });
  return <ExperimentsPage initial={experiments} />;
}
