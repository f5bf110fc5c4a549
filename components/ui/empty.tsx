import type { ReactNode } from "react";

/** What will be here, and the act that brings it. */
export function Empty({ title, children, act, isSmall = false }: { title: string; children?: ReactNode; act?: ReactNode; isSmall?: boolean }) {
  return (
    <div className={`empty ${isSmall ? "empty--s" : ""}`}>
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {act && <div className="row">{act}</div>}
    </div>
  );
}
