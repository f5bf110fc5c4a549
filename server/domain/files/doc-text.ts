import { diffArrays } from "diff";
import * as Y from "yjs";

/** The one root type of a file's document. */
export const rootName = "content";

export function newDoc(): Y.Doc {
  const doc = new Y.Doc();
  doc.getText(rootName);
  return doc;
}

export const textOf = (doc: Y.Doc): string => doc.getText(rootName).toString();

/** The state of a new document that holds a text. Made once, in the transaction that creates the file or its new epoch. */
export function seedState(text: string): Uint8Array {
  const doc = newDoc();
  if (text) doc.getText(rootName).insert(0, text);
  const state = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return state;
}

/** Whether the document waits for changes that it has not seen. */
export const hasPending = (doc: Y.Doc): boolean => doc.store.pendingStructs !== null || doc.store.pendingDs !== null;

export function dropPending(doc: Y.Doc): void {
  doc.store.pendingStructs = null;
  doc.store.pendingDs = null;
}

export type Splice = { at: number; remove: number; insert: string };

/**
 * The smallest replacements we find that turn one text into another, last first, so that each can be applied at its own
 * offset. Small ones leave other people's cursors and concurrent edits alone.
 */
export function splices(before: string, after: string): Splice[] {
  const middle = trim(before, after, 0);
  if (!middle) return [];
  const removed = before.slice(middle.at, middle.at + middle.remove);
  const oldLines = lines(removed);
  const newLines = lines(middle.insert);
  if (oldLines.length < 2 || newLines.length < 2) return [middle];
  const parts = diffArrays(oldLines, newLines, { maxEditLength: 2_000, timeout: 500 });
  if (!parts) return [middle];
  const found: Splice[] = [];
  let at = middle.at;
  let gone = "";
  let come = "";
  const close = () => {
    const s = gone || come ? trim(gone, come, at) : null;
    if (s) found.push(s);
    at += gone.length;
    gone = come = "";
  };
  for (const part of parts) {
    const text = part.value.join("");
    if (part.removed) gone += text;
    else if (part.added) come += text;
    else {
      close();
      at += text.length;
    }
  }
  close();
  return found.reverse();
}

/** Applies a text to a document as the smallest change; returns that change as an update, or null when there is none. */
export function replaceText(doc: Y.Doc, after: string): Uint8Array | null {
  const text = doc.getText(rootName);
  const changes = splices(text.toString(), after);
  if (changes.length === 0) return null;
  const before = Y.encodeStateVector(doc);
  doc.transact(() => {
    for (const { at, remove, insert } of changes) {
      if (remove) text.delete(at, remove);
      if (insert) text.insert(at, insert);
    }
  });
  return Y.encodeStateAsUpdate(doc, before);
}

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/** One replacement: what is left when the common start and end are taken off, never inside a surrogate pair. */
function trim(before: string, after: string, offset: number): Splice | null {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start--;
  let end = 0;
  while (end < most - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end++;
  if (end > 0 && isLow(before.charCodeAt(before.length - end))) end--;
  return { at: offset + start, remove: before.length - start - end, insert: after.slice(start, after.length - end) };
}
