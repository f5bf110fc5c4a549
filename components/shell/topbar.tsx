"use client";

import { Menu as MenuIcon } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { IconButton } from "../ui/button";
import { ThemeToggle } from "../ui/theme-toggle";
import { useShellState } from "./shell-state";

export type Crumb = { title: string; href?: string };
export type TopTab = { title: string; href: string; isHere?: boolean };

/** Where you are, the tabs of the project, then `children`: saved, people, share, the page's action. The last crumb is this page. */
export function TopBar({ crumbs, tabs, tabsLabel = "Project", children }: { crumbs: Crumb[]; tabs?: TopTab[]; tabsLabel?: string; children?: ReactNode }) {
  const { isDrawerOpen, setDrawerOpen } = useShellState();
  return (
    <header className="top">
      <IconButton label="Open the menu" icon={MenuIcon} data-phone="" aria-expanded={isDrawerOpen} onClick={() => setDrawerOpen(true)} />
      <nav className="crumbs" aria-label="Where you are">
        <ol>
          {crumbs.map((c, i) => (
            <li key={c.title + String(i)}>{c.href && i < crumbs.length - 1 ? <Link href={c.href}>{c.title}</Link> : <span aria-current={i === crumbs.length - 1 ? "page" : undefined}>{c.title}</span>}</li>
          ))}
        </ol>
      </nav>
      {tabs && (
        <nav className="tabs" aria-label={tabsLabel}>
          {tabs.map((t) => <Link key={t.href} href={t.href} aria-current={t.isHere ? "page" : undefined}>{t.title}</Link>)}
        </nav>
      )}
      <span className="grow" />
      {children}
      <ThemeToggle />
    </header>
  );
}
