"use client";

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { LiveClient } from "./live-client";
import { type ConnectionState, shareProtocols, socketUrl } from "./reconnecting-socket";

export type LiveConnection = ConnectionState;

let client: LiveClient | undefined;

/** The page's one live connection; opens when the first part watches something. Browser only. */
export function liveClient(): LiveClient {
  if (!client) {
    client = new LiveClient({ url: () => socketUrl("/ws/live"), protocols: shareProtocols });
    client.onState(() => client?.state.kind === "paused" && void leaveEndedShare());
  }
  return client;
}

/** A share page whose link has ended does not wait for a connection that will not come: it says what its address now says. */
async function leaveEndedShare(): Promise<void> {
  if (shareProtocols().length === 0) return;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.status === 404) location.reload();
}

/** Calls back whenever the topic changed on the server, and after a reconnect, as something may have been missed. null watches nothing. */
export function useTopic(topic: string | null, onChange: () => void): void {
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (topic === null) return;
    return liveClient().watch(topic, () => latest.current());
  }, [topic]);
}

const connecting: LiveConnection = { kind: "connecting" };

/** The state of this page's live connection, for "Live" and "Paused at …, reconnecting". */
export function useLiveConnection(): LiveConnection {
  return useSyncExternalStore(
    (changed) => liveClient().onState(changed),
    () => liveClient().state,
    () => connecting,
  );
}

export type RunLogState = { kind: "loading" } | { kind: "following" } | { kind: "ended" } | { kind: "refused"; message: string };

/**
 * Follows a job's log into `write`, from its first byte, gap-free over reconnects; resolves of `write` pace the server.
 * Starts when `isReady`, for a terminal that is still loading. `onRestart` comes before the first byte of each beginning.
 */
export function useRunLog(jobId: string, options: { isReady: boolean; write: (bytes: Uint8Array) => void | Promise<void>; onRestart?: () => void }): RunLogState {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const [state, setState] = useState<RunLogState>({ kind: "loading" });
  const { isReady } = options;
  useEffect(() => {
    if (!isReady) return;
    setState({ kind: "loading" });
    latest.current.onRestart?.();
    return liveClient().followLog(jobId, 0, {
      write: (bytes) => {
        setState((s) => (s.kind === "loading" ? { kind: "following" } : s));
        return latest.current.write(bytes);
      },
      onEnd: () => setState({ kind: "ended" }),
      onRefused: (message) => setState({ kind: "refused", message }),
    });
  }, [jobId, isReady]);
  return state;
}
