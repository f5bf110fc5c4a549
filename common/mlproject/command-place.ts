import type { Places } from "./places";
import type { YamlNode } from "./yaml-nodes";

/**
 * Where an offset into a command lies in the MLproject's text. Exact for commands written on one line or in a literal
 * block; else the whole value is named.
 */
export function placeInCommand(places: Places, node: YamlNode, command: string, start: number, end: number): { start: number; end: number; isExact: boolean } {
  const source = places.text.slice(node.start, node.end);
  const piece = command.slice(start, end);
  // Occurrences before it in the command stand before it in the source too: escapes and folds change blanks and quotes only.
  let nth = 0;
  for (let i = command.indexOf(piece); i >= 0 && i < start; i = command.indexOf(piece, i + 1)) nth++;
  let found = piece ? source.indexOf(piece) : -1;
  for (let i = 0; i < nth && found >= 0; i++) found = source.indexOf(piece, found + 1);
  if (found < 0) return { start: node.start, end: node.start + source.trimEnd().length, isExact: false };
  return { start: node.start + found, end: node.start + found + piece.length, isExact: true };
}
