"use client";

import { useCallback, useEffect, useRef } from "react";

const pauseMs = 400;

/**
 * Turns a stream of "it changed" into refreshes one after the other: one runs at a time, what changes meanwhile is fetched
 * by the next. So a run that logs fast neither starves its page nor floods the server.
 */
export function useLiveRefresh(refresh: () => Promise<unknown>): () => void {
  const latest = useRef(refresh);
  latest.current = refresh;
  const state = useRef<"idle" | "busy" | "again">("idle");
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  return useCallback(() => {
    if (state.current !== "idle") {
      state.current = "again";
      return;
    }
    const go = async () => {
      do {
        state.current = "busy";
        // A failed refresh shows as its query's error; here it only ends the turn.
        await latest.current().catch(() => {});
        await new Promise((done) => setTimeout(done, pauseMs));
      } while (state.current !== "busy" && !isGone.current);
      state.current = "idle";
    };
    void go();
  }, []);
}
