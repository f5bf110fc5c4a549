import { shellQuote } from "./shell-words";
import type { EntryPoint } from "./types";

const interpreters: Record<string, string> = { ".py": "python", ".sh": "bash", ".R": "Rscript" };

/** The entry point that MLflow makes of a file's name when none is declared (`x.py` runs as `python x.py`); null for other names. */
export function fallbackEntryPoint(name: string): EntryPoint | null {
  const interpreter = interpreters[/\.[^./]+$/.exec(name)?.[0] ?? ""];
  if (!interpreter) return null;
  const path = name.replace(/^\.\//, "");
  // Braces in a file's name are the name's own, not placeholders.
  const command = `${interpreter} ${shellQuote(name)}`.replaceAll("{", "{{").replaceAll("}", "}}");
  return { name, command, line: 1, sourceFile: path, parameters: [], needs: [], limits: {} };
}
