import type * as Y from "yjs";

/*
 * Loaded documents, so that an append need not load one. An entry is believed only when its epoch and seq are those of the
 * locked row. A writer takes the entry out, and puts it back after the commit: a reader never sees what is not stored.
 */
type Entry = { doc: Y.Doc; epoch: number; seq: bigint };
const entries = new Map<string, Entry>();
const capacity = 64;

type Key = { id: string; epoch: number; seq: bigint };

/** Takes the document out of the cache; undefined when it is not there in exactly this state. */
export function takeDoc(key: Key): Y.Doc | undefined {
  const entry = entries.get(key.id);
  entries.delete(key.id);
  if (entry && entry.epoch === key.epoch && entry.seq === key.seq) return entry.doc;
  entry?.doc.destroy();
  return undefined;
}

/** Looks without taking; the caller must not change it, nor keep it over an await. */
export function peekDoc(key: Key): Y.Doc | undefined {
  const entry = entries.get(key.id);
  return entry && entry.epoch === key.epoch && entry.seq === key.seq ? entry.doc : undefined;
}

export function putDoc(key: Key, doc: Y.Doc): void {
  const old = entries.get(key.id);
  if (old && old.doc !== doc) {
    const isNewer = old.epoch > key.epoch || (old.epoch === key.epoch && old.seq >= key.seq);
    if (isNewer) {
      doc.destroy();
      return;
    }
    old.doc.destroy();
  }
  entries.delete(key.id);
  entries.set(key.id, { doc, epoch: key.epoch, seq: key.seq });
  for (const [id, entry] of entries) {
    if (entries.size <= capacity) break;
    entries.delete(id);
    entry.doc.destroy();
  }
}
