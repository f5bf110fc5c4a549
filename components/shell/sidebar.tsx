"use client";

import { Box, FlaskConical, House, List, PanelLeft, Play, Settings, ShieldAlert, ShieldCheck, X } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Avatar } from "../ui/avatar";
import { IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { useShellState } from "./shell-state";
import { useRunningCount } from "./use-running-count";
import { useSandbox } from "./use-sandbox";
import { useWorkspace } from "./workspace-context";

/** The upper half never changes; `children` is the lower half and belongs to the page. */
export function Sidebar({ children }: { children?: ReactNode }) {
  const { slug, name, viewer } = useWorkspace();
  const sandbox = useSandbox();
  const runningCount = useRunningCount();
  const { isDrawerOpen, setDrawerOpen, isRail, setRail } = useShellState();
  const path = usePathname();
  const links = [
    { href: `/${slug}`, title: "Home", icon: House, isHere: path === `/${slug}` },
    { href: `/${slug}/experiments`, title: "Experiments", icon: FlaskConical, isHere: path.startsWith(`/${slug}/experiments`) },
    { href: `/${slug}/runs`, title: "Runs", icon: Play, isHere: path.startsWith(`/${slug}/runs`), count: runningCount },
    { href: `/${slug}/models`, title: "Models", icon: Box, isHere: path.startsWith(`/${slug}/models`) },
  ];
  return (
    <>
      <button type="button" className={`drawer ${isDrawerOpen ? "is-open" : ""}`} aria-label="Close the menu" tabIndex={isDrawerOpen ? 0 : -1} onClick={() => setDrawerOpen(false)} />
      <nav className={`side ${isDrawerOpen ? "is-open" : ""}`} aria-label="Workspace">
        <div className="side__top">
          <Link className="brand" href={`/${slug}`} aria-label="Flowbook, home"><BrandMark /><span>Flowbook</span></Link>
          {!isRail && <IconButton className="side__hide" size="s" label="Hide the sidebar" icon={PanelLeft} aria-expanded={true} onClick={() => setRail(true)} />}
          <IconButton className="side__close" size="s" label="Close the menu" icon={X} onClick={() => setDrawerOpen(false)} />
        </div>
        {isRail && <IconButton className="side__show" label="Show the sidebar" icon={PanelLeft} aria-expanded={false} onClick={() => setRail(false)} />}
        <Link className="ws" href={`/${slug}`} aria-label={`Workspace ${name}`}><Icon of={List} /><span>{name}</span></Link>
        <ul className="nav">
          {links.map((l) => (
            <li key={l.href}>
              <Link href={l.href} title={l.title} aria-current={l.isHere ? "page" : undefined}>
                <Icon of={l.icon} /><span>{l.title}</span>
                {l.count ? <b className="count">{l.count}<span className="sr"> in progress</span></b> : null}
              </Link>
            </li>
          ))}
        </ul>
        <div className="side__ctx">{children}</div>
        <div className="side__foot">
          <p className="slots" title={sandbox.words}><Icon of={sandbox.mode === "on" ? ShieldCheck : ShieldAlert} /><span>{sandboxLine[sandbox.mode]}</span></p>
          <Link className="me" href={`/${slug}/settings`} aria-label={`${viewer.name}, ${viewer.role}. Settings`}>
            <Avatar color={viewer.color} /><span className="cut">{viewer.name}, {viewer.role}</span><Icon of={Settings} />
          </Link>
        </div>
      </nav>
    </>
  );
}

const sandboxLine = { on: "Sandbox on", off: "Sandbox off: not isolated", unavailable: "No sandbox: steps do not run", "no-runner": "No runner is here" };

export function BrandMark() {
  const cut = "var(--brand-cut)";
  return (
    <svg className="brand__m" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="1" width="18" height="18" rx="4.5" fill="currentColor" />
      <path d="M6 5.6v8.8" stroke={cut} strokeWidth="1.5" />
      <circle cx="6" cy="6" r="1.9" fill={cut} /><circle cx="6" cy="14" r="1.9" fill={cut} />
      <path d="M9.6 6h5M9.6 10h3.2M9.6 14h5" stroke={cut} strokeWidth="1.6" strokeLinecap="round" />
    </svg>
  );
}
