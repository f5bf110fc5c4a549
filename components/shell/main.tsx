"use client";

import type { ReactNode } from "react";
import { SandboxBanner } from "./sandbox-banner";

/** The page's main region, below the top bar; says first what is true of every page (no sandbox, no runner). */
export function Main({ children, className = "" }: { children: ReactNode; className?: string }) {
  return (
    <main className={`main ${className}`} id="main" tabIndex={-1}>
      <SandboxBanner />
      {children}
    </main>
  );
}
