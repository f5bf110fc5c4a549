import type { Metadata } from "next";
import { RunsPage } from "@/components/experiments/runs-page";
import { listExperiments } from "@/server/domain/experiments";
import { pageCtx } from "../../../page-ctx";

export const metadata: Metadata = { title: "Runs" };

export default async function Page() {
  const ctx = await pageCtx();
  const { experiments } = await listExperiments(ctx, { limit: 500 });
  return <RunsPage title="All runs" viewKey="all" experiments={experiments.map(({ id, name }) => ({ id, name }))} crumbs={[{ title: "Runs" }]} />;
}
