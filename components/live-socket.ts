"use client";

export type LiveConnection = { kind: "live" } | { kind: "connecting" } | { kind: "paused"; sinceMs: number };

/** Calls back whenever the topic changed on the server, and after a reconnect, as something may have been missed. null watches nothing. */
export function useTopic(_topic: string | null, _onChange: () => void): void {}

/** The state of this page's live connection, for "Live" and "Paused at …, reconnecting". */
export function useLiveConnection(): LiveConnection {
  return { kind: "connecting" };
}
