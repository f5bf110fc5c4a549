import { formatNumber } from "@/common/format";

/** A change with its sign, `+0.42`, `−4.77`; no change is "same", one from or to NaN is a dash. */
export function formatDelta(from: number | null, to: number | null): string {
  if (from === null || to === null || Number.isNaN(from) || Number.isNaN(to)) return "–";
  const delta = Number((to - from).toPrecision(12));
  if (delta === 0) return "same";
  return delta > 0 ? `+${formatNumber(delta)}` : formatNumber(delta);
}
