"use client";

import { useQuery } from "@tanstack/react-query";
import { MetricChart } from "@/components/charts/metric-chart";
import { trpc } from "@/components/trpc";

type Line = { id: string; name: string };

/** The headline metric of a run as it goes, over that of the run before. */
export function HeadlineChart({ metricKey, run, before, isLive }: { metricKey: string; run: Line; before: Line | undefined; isLive: boolean }) {
  const runIds = before ? [run.id, before.id] : [run.id];
  const { data, isPending } = useQuery({
    queryKey: ["run", run.id, "series", metricKey, runIds.join(",")],
    queryFn: () => trpc.runs.series.query({ runIds, key: metricKey, maxPoints: 300 }),
    placeholderData: (last) => last,
  });
  const lineOf = (line: Line, isBefore: boolean) => {
    const found = data?.find((s) => s.runId === line.id);
    return { id: line.id, name: line.name, color: isBefore ? "--text-3" : "--series-1", isDashed: isBefore, isLive: isLive && !isBefore, points: found?.points ?? [], totalPoints: found?.totalPoints ?? 0 };
  };
  return <MetricChart metricKey={metricKey} heightPx={120} isLoading={isPending} series={before ? [lineOf(before, true), lineOf(run, false)] : [lineOf(run, false)]} />;
}
