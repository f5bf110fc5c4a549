"use client";

import { useSyncExternalStore } from "react";
import { formatDuration, formatTime } from "@/common/format";
import { useNow } from "./use-now";

/** A moment in words. The server does not know the reader's time zone, so the words arrive with the browser. */
export function Time({ ms }: { ms: number | null | undefined }) {
  const isHere = useIsHere();
  if (ms === null || ms === undefined) return <>–</>;
  const iso = new Date(ms).toISOString();
  return <time dateTime={iso} title={isHere ? new Date(ms).toLocaleString() : undefined}>{isHere ? formatTime(ms, Date.now()) : iso.slice(0, 16).replace("T", " ")}</time>;
}

/** How long from `startMs` to `endMs`; ticks each second while there is no end. */
export function Duration({ startMs, endMs }: { startMs: number | null | undefined; endMs?: number | null | undefined }) {
  const isTicking = startMs !== null && startMs !== undefined && (endMs === null || endMs === undefined);
  const nowMs = useNow(isTicking);
  if (startMs === null || startMs === undefined) return <>–</>;
  if (!isTicking) return <span className="num">{formatDuration((endMs ?? startMs) - startMs)}</span>;
  return <span className="num" suppressHydrationWarning>{formatDuration(nowMs - startMs, { isTicking: true })}</span>;
}

const never = () => () => {};
/** False on the server and for the first paint, true after: for what only the browser knows. */
export const useIsHere = () => useSyncExternalStore(never, () => true, () => false);
