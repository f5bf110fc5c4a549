"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { docsClient } from "./docs-client";
import type { DocRoom } from "./doc-room";
import type { SaveStatus } from "./types";

const loading: SaveStatus = { kind: "loading" };
const never = () => () => {};

/** Opens a file's live document while the component stands. */
export function useRoom(fileId: string): { room: DocRoom | null; status: SaveStatus; isLoaded: boolean; canEdit: boolean; generation: number } {
  const [room, setRoom] = useState<DocRoom | null>(null);
  useEffect(() => {
    const opened = docsClient().open(fileId);
    setRoom(opened);
    return () => {
      docsClient().close(opened);
      setRoom(null);
    };
  }, [fileId]);
  const subscribe = room?.subscribe ?? never;
  const status = useSyncExternalStore(subscribe, () => room?.status ?? loading, () => loading);
  const isLoaded = useSyncExternalStore(subscribe, () => room?.isLoaded ?? false, () => false);
  const canEdit = useSyncExternalStore(subscribe, () => room?.canEdit ?? false, () => false);
  const generation = useSyncExternalStore(subscribe, () => room?.generation ?? 0, () => 0);
  return { room, status, isLoaded, canEdit, generation };
}
