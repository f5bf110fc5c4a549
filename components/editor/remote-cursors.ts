import type { editor, IDisposable } from "monaco-editor/editor";
import * as Y from "yjs";
import type { Peer } from "@/common/live/docs-messages";
import { personColor } from "../ui/avatar";
import type { DocRoom } from "./doc-room";
import type { Monaco } from "./load-monaco";

const flagMs = 4_000;

type Flag = { widget: editor.IContentWidget; node: HTMLElement; at: string; position: { lineNumber: number; column: number } | null; timer?: ReturnType<typeof setTimeout> };

/** Shows the others' carets, selections and names in an editor, and tells them of this one's. */
export class RemoteCursors implements IDisposable {
  readonly #decorations: editor.IEditorDecorationsCollection;
  readonly #flags = new Map<string, Flag>();
  readonly #stops: (() => void)[] = [];

  constructor(
    readonly monaco: Monaco,
    readonly editor: editor.ICodeEditor,
    readonly room: DocRoom,
  ) {
    this.#decorations = editor.createDecorationsCollection();
    const cursor = editor.onDidChangeCursorSelection(() => this.#tell());
    const focus = editor.onDidFocusEditorText(() => this.#tell());
    const blur = editor.onDidBlurEditorText(() => room.setSelection(null));
    const draw = () => this.draw();
    // After the model has followed the text: observers run in the order in which they were added.
    room.text.observe(draw);
    const text = room.text;
    this.#stops.push(room.subscribe(draw), () => cursor.dispose(), () => focus.dispose(), () => blur.dispose(), () => text.unobserve(draw));
    this.draw();
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    this.room.setSelection(null);
    this.#decorations.clear();
    for (const flag of this.#flags.values()) this.#remove(flag);
    this.#flags.clear();
  }

  #tell() {
    if (!this.editor.hasTextFocus()) return;
    // The editor tells of its caret before the shared text has the key that moved it.
    queueMicrotask(() => {
      const model = this.editor.getModel();
      const s = this.editor.getSelection();
      if (!model || !s || !this.editor.hasTextFocus()) return;
      const at = (lineNumber: number, column: number) =>
        Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.room.text, model.getOffsetAt({ lineNumber, column }), -1)) as Record<string, unknown>;
      this.room.setSelection({
        anchor: at(s.selectionStartLineNumber, s.selectionStartColumn),
        head: at(s.positionLineNumber, s.positionColumn),
      });
    });
  }

  draw(): void {
    const model = this.editor.getModel();
    if (!model || model.isDisposed()) return;
    const decorations: editor.IModelDeltaDecoration[] = [];
    const seen = new Set<string>();
    for (const peer of this.room.peers.values()) {
      const anchor = this.#offset(peer.selection?.anchor);
      const head = this.#offset(peer.selection?.head);
      if (anchor === null || head === null) continue;
      seen.add(peer.peerId);
      const color = personColor(peer.color);
      const [a, h] = [model.getPositionAt(anchor), model.getPositionAt(head)];
      const range = this.monaco.Range.fromPositions(anchor < head ? a : h, anchor < head ? h : a);
      if (anchor !== head) decorations.push({ range, options: { className: `fe-sel fe-p--${color}`, stickiness: 1 } });
      decorations.push({
        range: this.monaco.Range.fromPositions(h, h),
        options: { beforeContentClassName: `fe-cur fe-p--${color}`, stickiness: 1, hoverMessage: { value: plain(peer.name) } },
      });
      this.#flag(peer, color, h);
    }
    this.#decorations.set(decorations);
    for (const [id, flag] of this.#flags) {
      if (seen.has(id)) continue;
      this.#remove(flag);
      this.#flags.delete(id);
    }
  }

  #offset(json: unknown): number | null {
    if (!json) return null;
    try {
      const position = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), this.room.doc);
      return position && position.type === this.room.text ? Math.min(position.index, this.room.text.length) : null;
    } catch {
      // What a peer says of its caret is its own claim.
      return null;
    }
  }

  /** The name beside the caret: shown while it moves, then away, so that no code stays hidden. */
  #flag(peer: Peer, color: string, position: { lineNumber: number; column: number }) {
    let flag = this.#flags.get(peer.peerId);
    if (!flag) {
      const node = document.createElement("div");
      node.className = `fe-flag fe-p--${color}`;
      node.textContent = peer.name;
      const made: Flag = {
        node,
        at: "",
        position,
        widget: {
          getId: () => `peer-${peer.peerId}`,
          getDomNode: () => node,
          getPosition: () => ({ position: made.position, preference: [this.monaco.editor.ContentWidgetPositionPreference.ABOVE, this.monaco.editor.ContentWidgetPositionPreference.BELOW] }),
        },
      };
      flag = made;
      this.#flags.set(peer.peerId, flag);
      this.editor.addContentWidget(flag.widget);
    }
    flag.position = position;
    const at = `${position.lineNumber}:${position.column}`;
    if (flag.at !== at) {
      flag.at = at;
      const { node } = flag;
      node.classList.remove("is-away");
      clearTimeout(flag.timer);
      flag.timer = setTimeout(() => node.classList.add("is-away"), flagMs);
    }
    this.editor.layoutContentWidget(flag.widget);
  }

  #remove(flag: Flag) {
    clearTimeout(flag.timer);
    this.editor.removeContentWidget(flag.widget);
  }
}

/** A name as Markdown that means nothing else. */
const plain = (name: string) => name.replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, "\\$&");
