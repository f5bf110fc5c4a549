"use client";

import { Check, CloudOff, LoaderCircle, TriangleAlert } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { formatClock } from "./clock";
import { docsClient } from "./docs-client";
import "./editor.css";
import type { SaveStatus } from "./types";

const loading: SaveStatus = { kind: "loading" };
const lateMs = 3_000;

/** Whether everything typed on this page is stored; of one file when `fileId` is given. Says nothing while there is nothing to say. */
export function SaveState({ fileId }: { fileId?: string }) {
  const status = useSyncExternalStore(
    (changed) => docsClient().subscribe(changed),
    () => (fileId ? (docsClient().find(fileId)?.status ?? loading) : docsClient().status),
    () => loading,
  );
  const waitedMs = useWaited(status.kind === "saving");
  const shown = wordsOf(status, waitedMs);
  if (!shown) return <span className="saved" role="status" />;
  const Shape = shown.icon;
  return (
    <span className={`saved ${shown.look}`} role="status" title={status.kind === "offline" ? status.reason : undefined}>
      <Shape className="i" aria-hidden="true" />
      {shown.words}
    </span>
  );
}

function wordsOf(status: SaveStatus, waitedMs: number) {
  switch (status.kind) {
    case "loading":
      return null;
    case "saved":
      return { words: "Saved", icon: Check, look: "" };
    case "saving":
      if (waitedMs < lateMs) return { words: "Saving", icon: LoaderCircle, look: "saved--busy" };
      return { words: `${status.unsaved === 1 ? "1 change" : `${status.unsaved} changes`} not saved yet`, icon: TriangleAlert, look: "saved--warn" };
    case "offline":
      if (status.unsaved === 0) return { words: `Saved, reconnecting since ${formatClock(status.sinceMs)}`, icon: CloudOff, look: "saved--busy" };
      return { words: `Not saved since ${formatClock(status.sinceMs)}`, icon: CloudOff, look: "saved--warn" };
    case "error":
      return { words: "Not open for editing", icon: TriangleAlert, look: "saved--err" };
    case "replaced":
      return { words: "Your text is set aside", icon: TriangleAlert, look: "saved--warn" };
  }
}

/** How long something has been so, in ms; counts coarsely. */
function useWaited(is: boolean): number {
  const [waitedMs, setWaitedMs] = useState(0);
  useEffect(() => {
    setWaitedMs(0);
    if (!is) return;
    const timer = setTimeout(() => setWaitedMs(lateMs), lateMs);
    return () => clearTimeout(timer);
  }, [is]);
  return waitedMs;
}
