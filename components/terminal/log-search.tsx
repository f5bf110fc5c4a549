"use client";

import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "../ui/button";
import type { RunTerminal } from "./make-terminal";

/** Finds text in what the terminal holds: Enter goes on, Shift+Enter back, Esc closes. */
export function LogSearch({ run, onClose }: { run: RunTerminal; onClose: () => void }) {
  const [text, setText] = useState("");
  const [isFound, setIsFound] = useState(true);
  const go = (isBack: boolean, wanted = text, incremental = false) => {
    if (!wanted) return setIsFound(true);
    setIsFound(isBack ? run.search.findPrevious(wanted) : run.search.findNext(wanted, { incremental }));
  };
  useEffect(() => () => run.search.clearDecorations(), [run]);
  return (
    <div className="rl-search" role="search">
      <input
        // biome-ignore lint/a11y/noAutofocus: it was asked for by a press on Search
        autoFocus className="in in--s" aria-label="Search the log" placeholder="Search the log" value={text}
        onChange={(e) => {
          setText(e.target.value);
          go(false, e.target.value, true);
        }}
        onKeyDown={(e) => {
          if (e.key === "Enter") go(e.shiftKey);
          if (e.key === "Escape") onClose();
        }}
      />
      <IconButton label="Previous" size="s" icon={ArrowUp} onClick={() => go(true)} />
      <IconButton label="Next" size="s" icon={ArrowDown} onClick={() => go(false)} />
      <span className="dim sm" role="status">{text && !isFound ? "Not in the log" : ""}</span>
      <span className="grow" />
      <IconButton label="Close the search" size="s" icon={X} onClick={onClose} />
    </div>
  );
}
