"use client";

import type { CodeViewProps } from "./types";

/** Text with its colours, to read. */
export function CodeView({ text }: CodeViewProps) {
  return <pre className="fe-fallback">{text}</pre>;
}
