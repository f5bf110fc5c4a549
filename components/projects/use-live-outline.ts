"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { type Outline, readOutline } from "@/common/mlproject";
import { trpc } from "@/components/trpc";
import { useFiles, useProject } from "./project-context";

export type LiveOutline = {
  outline: Outline;
  /** Texts by path: as they stand in the open editors, else as stored. */
  texts: Readonly<Record<string, string>>;
  /** For an editor's `onTextChange`. */
  onText: (path: string, text: string) => void;
};

/** Cells and forms follow the texts as they are typed, before anything is stored: the grammar runs here as it does on the server. */
export function useLiveOutline(initialTexts: Record<string, string>): LiveOutline {
  const { id } = useProject();
  const files = useFiles();
  const { data: stored } = useQuery({ queryKey: ["files", "texts", id], queryFn: () => trpc.files.texts.query({ projectId: id }), initialData: initialTexts });
  const [typed, setTyped] = useState<Record<string, string>>({});
  const onText = useCallback((path: string, text: string) => setTyped((before) => (before[path] === text ? before : { ...before, [path]: text })), []);
  const texts = useMemo(() => ({ ...stored, ...typed }), [stored, typed]);
  const { data: interpreters } = useQuery({ queryKey: ["projects", "interpreters"], queryFn: () => trpc.projects.interpreters.query(), staleTime: Number.POSITIVE_INFINITY });
  const outline = useMemo(() => readOutline(files.map((f) => ({ path: f.path, text: texts[f.path] ?? null })), interpreters ? { interpreters } : {}), [files, texts, interpreters]);
  return { outline, texts, onText };
}
