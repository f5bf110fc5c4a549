import type { editor, IDisposable } from "monaco-editor/editor";
import * as Y from "yjs";
import { lastFirst, moveOffset, replacementsOf, smallestReplacement } from "./deltas";
import type { Monaco } from "./load-monaco";

/** Monaco's own undo would take back what others wrote; its commands all end in these two methods of the model. */
function redirectUndo(model: editor.ITextModel, undo: () => void, redo: () => void): void {
  // Not in Monaco's public types; seen in its UndoCommand and RedoCommand, which call the model.
  Object.assign(model, { undo, redo });
}

/**
 * Keeps a Monaco model and a Y.Text the same, both ways. Undo takes back this editor's own edits only. `canEdit` is asked at each
 * local change: what a reader's editor lets slip is put back.
 */
export class Binding implements IDisposable {
  readonly undoManager: Y.UndoManager;
  #isApplying = false;
  readonly #disposables: IDisposable[] = [];

  constructor(
    readonly monaco: Monaco,
    readonly text: Y.Text,
    readonly model: editor.ITextModel,
    readonly editors: Set<editor.ICodeEditor>,
  ) {
    model.setEOL(monaco.editor.EndOfLineSequence.LF);
    this.undoManager = new Y.UndoManager(text, { trackedOrigins: new Set([this]), captureTimeout: 400 });
    redirectUndo(model, () => void this.undoManager.undo(), () => void this.undoManager.redo());
    this.#agree();
    this.#disposables.push(model.onDidChangeContent((event) => this.#toText(event)));
    text.observe(this.#toModel);
  }

  dispose(): void {
    this.text.unobserve(this.#toModel);
    for (const d of this.#disposables) d.dispose();
    this.undoManager.destroy();
  }

  #toText(event: editor.IModelContentChangedEvent) {
    if (this.#isApplying) return;
    const doc = this.text.doc;
    if (!doc) return;
    doc.transact(() => {
      for (const change of lastFirst(event.changes)) {
        if (change.rangeLength > 0) this.text.delete(change.rangeOffset, change.rangeLength);
        if (change.text) this.text.insert(change.rangeOffset, change.text);
      }
    }, this);
    if (this.model.getValueLength() !== this.text.length) this.#agree();
  }

  readonly #toModel = (event: Y.YTextEvent, transaction: Y.Transaction) => {
    if (transaction.origin === this) return;
    const replacements = replacementsOf(event.delta);
    const isUndo = transaction.origin === this.undoManager;
    // Offsets are of the text before the change, which is what the model still holds.
    const carets = [...this.editors].map((e) => ({
      editor: e,
      selections: (e.getSelections() ?? []).map((s) => ({
        anchor: moveOffset(this.model.getOffsetAt({ lineNumber: s.selectionStartLineNumber, column: s.selectionStartColumn }), replacements),
        head: moveOffset(this.model.getOffsetAt({ lineNumber: s.positionLineNumber, column: s.positionColumn }), replacements),
      })),
    }));
    this.#apply(
      replacements.map(({ start, end, text }) => {
        const from = this.model.getPositionAt(start);
        const to = end === start ? from : this.model.getPositionAt(end);
        return { range: this.monaco.Range.fromPositions(from, to), text, forceMoveMarkers: false };
      }),
    );
    if (this.model.getValueLength() !== this.text.length) this.#agree();
    if (isUndo) {
      const last = replacements.at(-1);
      if (last) this.#showCaret(last.start + last.text.length);
      return;
    }
    for (const { editor: e, selections } of carets) {
      if (selections.length === 0) continue;
      e.setSelections(
        selections.map(({ anchor, head }) => {
          const a = this.model.getPositionAt(anchor);
          const h = this.model.getPositionAt(head);
          return { selectionStartLineNumber: a.lineNumber, selectionStartColumn: a.column, positionLineNumber: h.lineNumber, positionColumn: h.column };
        }),
        "flowbook.remote",
      );
    }
  };

  #showCaret(offset: number) {
    const position = this.model.getPositionAt(offset);
    for (const e of this.editors) {
      if (!e.hasTextFocus()) continue;
      e.setPosition(position);
      e.revealPositionInCenterIfOutsideViewport(position);
    }
  }

  /** Writes the shared text into the model. A carriage return, which Monaco would make a line end, leaves the shared text first. */
  #agree() {
    const shared = this.text.toString();
    if (/\r/.test(shared)) {
      const clean = smallestReplacement(shared, shared.replace(/\r\n?/g, "\n"));
      if (clean) {
        this.text.doc?.transact(() => {
          this.text.delete(clean.start, clean.end - clean.start);
          this.text.insert(clean.start, clean.text);
        }, this);
      }
    }
    const change = smallestReplacement(this.model.getValue(), this.text.toString());
    if (!change) return;
    this.#apply([{ range: this.monaco.Range.fromPositions(this.model.getPositionAt(change.start), this.model.getPositionAt(change.end)), text: change.text }]);
  }

  #apply(edits: editor.IIdentifiedSingleEditOperation[]) {
    this.#isApplying = true;
    try {
      this.model.applyEdits(edits);
    } finally {
      this.#isApplying = false;
    }
  }
}
