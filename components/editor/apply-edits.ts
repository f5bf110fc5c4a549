import type { Edit } from "@/common/mlproject";
import { docsClient } from "./docs-client";

/**
 * Applies a mend's edits to a file's live document, whether an editor shows it or not. Positions are 1-based, as in the text
 * when the problem was found. Resolves when they are stored.
 *
 * @throws Error in words when the file cannot be opened or changed.
 */
export async function applyEditsToFile(fileId: string, edits: readonly Edit[]): Promise<void> {
  const room = docsClient().open(fileId);
  try {
    await until(room.subscribe, () => {
      if (room.status.kind === "error") throw new Error(room.status.message);
      return room.isLoaded;
    });
    if (!room.canEdit) throw new Error("You may read this file, not change it.");
    const text = room.text.toString();
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    const offset = (line: number, column: number) => Math.min((starts[line - 1] ?? text.length) + column - 1, text.length);
    const replacements = edits
      .map((e) => ({ start: offset(e.startLine, e.startColumn), end: offset(e.endLine, e.endColumn), text: e.text }))
      .sort((a, b) => b.start - a.start);
    room.doc.transact(() => {
      for (const { start, end, text: inserted } of replacements) {
        if (end > start) room.text.delete(start, end - start);
        if (inserted) room.text.insert(start, inserted);
      }
    });
    await until(room.subscribe, () => room.unsavedCount === 0);
  } finally {
    docsClient().close(room);
  }
}

function until(subscribe: (listener: () => void) => () => void, isSo: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const look = () => {
      try {
        if (!isSo()) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      stop();
    };
    stop = subscribe(look);
    look();
  });
}
