"use client";

import { usePathname } from "next/navigation";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

type ShellState = { isDrawerOpen: boolean; setDrawerOpen: (open: boolean) => void; isRail: boolean; setRail: (rail: boolean) => void };

const Context = createContext<ShellState | null>(null);

/** Whether the sidebar is a rail (wide windows) or an open drawer (narrow ones). A page that needs the width passes `isRail`. */
export function ShellStateProvider({ children, isRail: startsAsRail = false }: { children: ReactNode; isRail?: boolean }) {
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isRail, setRail] = useState(startsAsRail);
  const path = usePathname();
  useEffect(() => setDrawerOpen(false), [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      if (target?.closest("input, textarea, select, [contenteditable], .monaco-editor, .xterm")) return;
      if (event.key === "[" && !event.ctrlKey && !event.metaKey && !event.altKey) setRail((r) => !r);
      if (event.key === "Escape") setDrawerOpen(false);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const value = useMemo(() => ({ isDrawerOpen, setDrawerOpen, isRail, setRail }), [isDrawerOpen, isRail]);
  return <Context value={value}><div className={`app ${isRail && !isDrawerOpen ? "app--rail" : ""}`}>{children}</div></Context>;
}

export function useShellState(): ShellState {
  const state = useContext(Context);
  if (!state) throw new Error("useShellState stands outside the shell");
  return state;
}
