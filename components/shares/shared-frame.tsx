"use client";

import { Eye } from "lucide-react";
import type { ReactNode } from "react";
import { Live } from "@/components/runs/run-charts";
import { BrandMark } from "@/components/shell/sidebar";
import { Icon } from "@/components/ui/icon";
import { ThemeToggle } from "@/components/ui/theme-toggle";
import { Time } from "@/components/ui/time";

/** What stands around everything that a share link opens. */
export function SharedFrame({ workspaceName, expiresAtMs, isLive, children }: { workspaceName: string; expiresAtMs: number | null; isLive: boolean; children: ReactNode }) {
  return (
    <div className="p-shared">
      <header className="sharebar">
        <span className="brand"><BrandMark /><span data-wide="">Flowbook</span></span>
        <p><Icon of={Eye} /><span><b className="strong">View only.</b> Shared from {workspaceName}{expiresAtMs ? <> until <Time ms={expiresAtMs} /></> : null}.</span></p>
        {isLive && <Live />}
        <ThemeToggle />
      </header>
      <main className="shared" id="main" tabIndex={-1}>{children}</main>
    </div>
  );
}
