"use client";

import { useQuery } from "@tanstack/react-query";
import { lineStyle } from "@/components/charts/chart-data";
import { MetricChart } from "@/components/charts/metric-chart";
import { trpc } from "@/components/trpc";

/** One metric of several runs over each other; `refreshKey` changes when the runs may have logged more. */
export function OverlayChart({ metricKey, runs, refreshMs, heightPx = 206, note }: { metricKey: string; runs: { id: string; name: string; isLive: boolean; color?: string }[]; refreshMs: number | false; heightPx?: number; note?: string }) {
  const ids = runs.map((r) => r.id);
  const series = useQuery({
    queryKey: ["overlay", metricKey, ids.join(",")],
    queryFn: () => trpc.runs.series.query({ runIds: ids, key: metricKey, maxPoints: 600 }),
    enabled: ids.length > 0,
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
  const drawn = runs.flatMap((r, i) => {
    const found = series.data?.find((s) => s.runId === r.id);
    const style = lineStyle(i);
    return found ? [{ id: r.id, name: r.name, isLive: r.isLive, ...style, color: r.color ?? style.color, points: found.points, totalPoints: found.totalPoints }] : [];
  });
  return <MetricChart metricKey={metricKey} series={drawn} heightPx={heightPx} isLoading={series.isPending} {...(note ? { note } : {})} />;
}
