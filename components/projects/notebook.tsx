"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { People, SaveState, type SaveStatus } from "@/components/editor";
import { useTopic } from "@/components/live-socket";
import { Main } from "@/components/shell/main";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Button } from "@/components/ui/button";
import { type CellHandle, EntryPointCell } from "./entry-point-cell";
import { MlprojectCell } from "./mlproject-cell";
import { PipelineStrip } from "./pipeline-strip";
import { useProject } from "./project-context";
import { ProjectTopBar } from "./project-topbar";
import { Readme } from "./readme";
import { ShareProjectButton } from "./share-project-button";
import { useLiveOutline } from "./use-live-outline";

/** The project as a page: README, MLproject, one cell for each entry point in pipeline order. */
export function Notebook({ initialTexts }: { initialTexts: Record<string, string> }) {
  const { id } = useProject();
  const { may } = useWorkspace();
  const client = useQueryClient();
  const live = useLiveOutline(initialTexts);
  const { outline } = live;
  const cells = useRef(new Map<string, CellHandle>());
  const { onSaved, untilSaved } = useSaves();
  useTopic(`project:${id}`, () => {
    void client.invalidateQueries({ queryKey: ["jobs"] });
    void client.invalidateQueries({ queryKey: ["run"] });
  });
  useCellKeys();
  const main = outline.entryPoints.find((e) => e.name === "main") ?? outline.entryPoints.at(-1);

  return (
    <>
      <ProjectTopBar>
        <SaveState />
        <People max={5} />
        <ShareProjectButton />
        {may.launch && main && <Button look="primary" icon={Play} onClick={() => cells.current.get(main.name)?.run()}>Run {main.name}</Button>}
      </ProjectTopBar>
      <Main>
        <PipelineStrip entryPoints={outline.entryPoints} problemCount={outline.problems.length} />
        <div className="nb">
          <Readme texts={live.texts} onText={live.onText} />
          <MlprojectCell live={live} onSaved={onSaved} />
          {outline.entryPoints.map((e, at) => (
            <EntryPointCell
              key={e.name} entryPoint={e} isLast={at === outline.entryPoints.length - 1} texts={live.texts} onText={live.onText} problems={outline.problems}
              onSaved={onSaved} beforeLaunch={untilSaved}
              ref={(handle) => { if (handle) cells.current.set(e.name, handle); else cells.current.delete(e.name); }}
            />
          ))}
          {outline.entryPoints.length === 0 && <p className="dim">No entry point yet. Each one that MLproject names gets a cell here, with its code, a form and its last run.</p>}
        </div>
      </Main>
    </>
  );
}

const savedWithinMs = 5000;

/** Follows what the page's editors say of saving; a launch waits for it, so that what is typed is in what runs. */
function useSaves() {
  const statuses = useRef(new Map<string, SaveStatus>());
  const onSaved = useCallback((path: string, status: SaveStatus) => void statuses.current.set(path, status), []);
  const untilSaved = useCallback(async () => {
    const endMs = Date.now() + savedWithinMs;
    const waiting = () => [...statuses.current].filter(([, s]) => s.kind === "saving" || s.kind === "offline");
    while (waiting().length > 0 && Date.now() < endMs) await new Promise((done) => setTimeout(done, 50));
    const [first] = waiting();
    if (first) throw new Error(`${first[0]} has changes that are not saved yet, so they would not run. Try again when it says Saved.`);
  }, []);
  return { onSaved, untilSaved };
}

/** `j` and `k` go to the next and the previous cell, outside text fields. */
function useCellKeys() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement | null)?.closest("input, textarea, select, [contenteditable], .monaco-editor, .xterm")) return;
      const all = [...document.querySelectorAll<HTMLElement>(".cell")];
      const at = all.findIndex((c) => c.getBoundingClientRect().top > 90);
      const here = at === -1 ? all.length - 1 : at;
      const isAtTop = Math.abs((all[here]?.getBoundingClientRect().top ?? 0) - 104) < 12;
      const next = event.key === "j" ? (isAtTop ? here + 1 : here) : here - 1;
      all[Math.max(0, Math.min(all.length - 1, next))]?.scrollIntoView({ block: "start" });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
