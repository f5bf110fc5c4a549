import type { Problem } from "@/common/mlproject";

/** How far a document's edits are stored. `Saved` is said only of what the server has committed. */
export type SaveStatus =
  | { kind: "loading" }
  | { kind: "saved"; seq: number }
  | { kind: "saving"; unsaved: number }
  /** The server has answered nothing, or that it cannot store, since this moment. Edits are kept here and sent again by themselves. */
  | { kind: "offline"; unsaved: number; sinceMs: number; reason?: string }
  /** Nothing is shown as stored: the document could not be opened, or this person may not. */
  | { kind: "error"; message: string }
  /** The stored document was replaced; what was typed here is set aside under `asideText`. */
  | { kind: "replaced"; asideText: string };

/** Somebody who has the file open, as the server names them. */
export type Person = { peerId: string; userId: string | null; name: string; color: string; isMe: boolean; fileIds: string[] };

export type FileEditorProps = {
  fileId: string;
  path: string;
  projectId: string;
  /** The text as the server rendered it; stands in the editor's place, at its size, until the editor is there. */
  initialText?: string;
  readOnly?: boolean;
  /** Pixels, or "auto": as high as the text, up to `maxLines`, with "Show all" below. Default "auto". */
  height?: "auto" | number;
  /** Lines shown under "auto" before "Show all". Default 28. */
  maxLines?: number;
  /** All problems of the project; those of this path are marked, with their mends as quick fixes. */
  problems?: readonly Problem[];
  onSavedChange?: (status: SaveStatus) => void;
  /** After each edit by anyone, at most every 200 ms; for a form that follows MLproject. */
  onTextChange?: (text: string) => void;
  /** Ctrl+Enter and Ctrl+Shift+Enter inside the editor. */
  onRun?: (options: { fromHere: boolean }) => void;
  /** A 1-based line to bring into view and mark, such as one that a traceback names. */
  revealLine?: number;
};

export type CodeViewProps = {
  text: string;
  /** A Monaco language id; or give `path` to have it guessed. */
  language?: string;
  path?: string;
  /** Lines shown before "Show all"; default all. */
  maxLines?: number;
  revealLine?: number;
};

export type DiffViewProps = {
  original: string;
  modified: string;
  language?: string;
  path?: string;
  originalLabel?: string;
  modifiedLabel?: string;
  /** Pixels; default by the text, at most 480. */
  height?: number;
};
