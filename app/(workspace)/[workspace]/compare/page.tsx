import type { Metadata } from "next";
import { ComparePage } from "@/components/experiments/compare-page";
import { findJobByRun } from "@/server/domain/jobs";
import { getRun } from "@/server/domain/runs";
import { orNotFound, pageCtx } from "../../../page-ctx";

export const metadata: Metadata = { title: "Compare" };

const mostRuns = 20;

export default async function Page({ searchParams }: { searchParams: Promise<{ runs?: string | string[] }> }) {
  const { runs: asked } = await searchParams;
  const ids = [...new Set([asked ?? []].flat().flatMap((s) => s.split(",")).filter(Boolean))].slice(0, mostRuns);
  const ctx = await pageCtx();
  const runs = await orNotFound(Promise.all(ids.map((runId) => getRun(ctx, { runId }))));
  const jobs = await Promise.all(ids.map((runId) => findJobByRun(ctx, { runId })));
  return <ComparePage key={ids.join(",")} runs={runs} entryPoints={Object.fromEntries(jobs.flatMap((j) => (j ? [[j.runId, j.entryPoint]] : [])))} />;
}
