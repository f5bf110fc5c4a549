/*
 * The sums between a text's two notations of a change: Yjs deltas and replacements by offset. Pure, as every character
 * that two people type passes here.
 */

/** One step of a Yjs text delta. */
export type DeltaStep = { retain?: number; insert?: unknown; delete?: number };

/** Replaces [start, end) of the text as it was before the whole change. */
export type Replacement = { start: number; end: number; text: string };

/** The replacements that a delta amounts to, ascending, none touching another. */
export function replacementsOf(delta: readonly DeltaStep[]): Replacement[] {
  const result: Replacement[] = [];
  let at = 0;
  let current: Replacement | null = null;
  for (const step of delta) {
    if (step.retain !== undefined) {
      if (step.retain === 0) continue;
      current = null;
      at += step.retain;
      continue;
    }
    if (!current) {
      current = { start: at, end: at, text: "" };
      result.push(current);
    }
    if (typeof step.insert === "string") current.text += step.insert;
    else if (step.delete !== undefined) {
      at += step.delete;
      current.end = at;
    }
  }
  return result;
}

/**
 * Where an offset of the old text stands in the new one. An insert exactly there leaves it in place, so that two people who
 * type at one spot write two words, not one mixed.
 */
export function moveOffset(offset: number, replacements: readonly Replacement[]): number {
  let shift = 0;
  for (const { start, end, text } of replacements) {
    if (offset < start || (offset === start && end === start)) break;
    if (offset < end || offset === start) return start + shift + (offset === start ? 0 : text.length);
    shift += text.length - (end - start);
  }
  return offset + shift;
}

/** For editors that tell changes in any order: the order in which each one's offsets still hold. */
export const lastFirst = <T extends { rangeOffset: number }>(changes: readonly T[]): T[] => [...changes].sort((a, b) => b.rangeOffset - a.rangeOffset);

/** The smallest single replacement between two texts that never splits a surrogate pair; null when they are the same. */
export function smallestReplacement(before: string, after: string): Replacement | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start--;
  let same = 0;
  while (same < shorter - start && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)) same++;
  if (same > 0 && isLow(before.charCodeAt(before.length - same))) same--;
  return { start, end: before.length - same, text: after.slice(start, after.length - same) };
}

const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;
