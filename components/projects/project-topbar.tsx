"use client";

import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { TopBar } from "@/components/shell/topbar";
import { useWorkspace } from "@/components/shell/workspace-context";
import { useProject } from "./project-context";

/** The top bar of a project's pages; `here` is the last crumb where the page is not the notebook. */
export function ProjectTopBar({ here, children }: { here?: string; children?: ReactNode }) {
  const { slug } = useWorkspace();
  const { name, hrefs } = useProject();
  const path = usePathname();
  const isLaunch = path.includes("/launch/");
  const isSettings = path.endsWith("/settings");
  return (
    <TopBar
      crumbs={[{ title: "Projects", href: `/${slug}` }, { title: name, href: hrefs.notebook }, ...(here ? [{ title: here }] : [])]}
      tabs={[
        { title: "Notebook", href: hrefs.notebook, isHere: !isLaunch && !isSettings && !here },
        { title: "Launch", href: hrefs.launch("main"), isHere: isLaunch },
        { title: "Runs", href: hrefs.runs },
        { title: "Settings", href: hrefs.settings, isHere: isSettings },
      ]}
    >
      {children}
    </TopBar>
  );
}
