import type { ReactNode } from "react";
import { BrandMark } from "../shell/sidebar";
import { ThemeToggle } from "../ui/theme-toggle";

/** A page that stands alone before one is in: sign in, join, a link that has ended. */
export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <div className="p-door">
      <header className="doortop"><a className="brand" href="/" aria-label="Flowbook, home"><BrandMark /><span>Flowbook</span></a><span className="grow" /><ThemeToggle /></header>
      <main className="doors" id="main" tabIndex={-1}>
        <div className="doors__1">
          <div className="door">
            <h1>{title}</h1>
            {lead && <p className="door__l">{lead}</p>}
            {children}
          </div>
        </div>
      </main>
    </div>
  );
}
