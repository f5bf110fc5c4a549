"use client";

import type { FileEditorProps } from "./types";

/** A file of a project, edited live with whoever else has it open. */
export function FileEditor({ initialText = "" }: FileEditorProps) {
  return <pre className="fe-fallback">{initialText}</pre>;
}
