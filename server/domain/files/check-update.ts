import * as Y from "yjs";
import { limits } from "@/common/limits";
import { DomainError, invalid } from "@/server/errors";
import { hasPending, rootName, textOf } from "./doc-text";

/** @throws DomainError `too_large` before anything is parsed. */
export function checkUpdateSize(update: Uint8Array): void {
  if (update.byteLength > limits.socketMessageBytes) {
    throw new DomainError("too_large", `One edit may hold up to ${limits.socketMessageBytes / 1024 / 1024} MiB. Upload the file instead.`);
  }
}

/**
 * Applies an update to a document that nobody else sees. When it throws the document is spoilt and must be thrown away.
 *
 * @throws DomainError `invalid` for what cannot be applied, `conflict` for what needs changes that are not stored,
 * `too_large` when the text would no longer be a live document.
 */
export function applyChecked(doc: Y.Doc, update: Uint8Array): void {
  try {
    Y.applyUpdate(doc, update);
  } catch (error) {
    throw invalidUpdate(error);
  }
  if (hasPending(doc)) throw new DomainError("conflict", "This edit builds on changes that the server does not have. Reload the file; your text is kept aside.");
  for (const name of doc.share.keys()) {
    if (name !== rootName) throw invalid("This edit holds something other than text. Reload the file.");
  }
}

/** @throws DomainError as above; returns the text. */
export function checkText(doc: Y.Doc): string {
  const text = textOf(doc);
  if (text.length > limits.liveTextBytes || Buffer.byteLength(text) > limits.liveTextBytes) {
    throw new DomainError("too_large", `A live document holds up to ${limits.liveTextBytes / 1024 / 1024} MiB of text. Upload a larger file instead; it is then shown and replaced whole.`);
  }
  if (text.includes("\0")) throw invalid("Text cannot hold a NUL character. Remove it.");
  return text;
}

/** Proves that what would be stored can be loaded again. @throws DomainError `invalid`. */
export function checkReload(doc: Y.Doc, text: string): Uint8Array {
  const state = Y.encodeStateAsUpdate(doc);
  const copy = new Y.Doc();
  try {
    Y.applyUpdate(copy, state);
    if (hasPending(copy) || textOf(copy) !== text) throw new Error("the copy differs");
  } catch (error) {
    throw invalidUpdate(error);
  } finally {
    copy.destroy();
  }
  return state;
}

const invalidUpdate = (cause: unknown) => new DomainError("invalid", "This edit cannot be applied to the document. Reload the file; your text is kept aside.", { cause });
