import { diff3Merge } from "node-diff3";

/** Joins two changes of one base, line by line; null when both changed the same lines differently. */
export function mergeTexts(base: string, mine: string, theirs: string): string | null {
  const merged = diff3Merge(linesOf(mine), linesOf(base), linesOf(theirs), { excludeFalseConflicts: true });
  const parts: string[] = [];
  for (const region of merged) {
    if (!region.ok) return null;
    parts.push(...region.ok);
  }
  return parts.join("");
}

// With their line ends, so that a last line without one stays without.
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
