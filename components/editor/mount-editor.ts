import type { editor } from "monaco-editor/editor";
import { Binding } from "./binding";
import type { DocRoom } from "./doc-room";
import { showProblems } from "./fixes";
import { languageOf } from "./language";
import { commonOptions, type Monaco } from "./load-monaco";
import { RemoteCursors } from "./remote-cursors";
import { themeName } from "./theme";
import type { FileEditorProps } from "./types";

export type MountedEditor = {
  editor: editor.IStandaloneCodeEditor;
  /** Binds to the room's document, which may be another one after a reload of the document. */
  bind: () => void;
  setReadOnly: (isReadOnly: boolean) => void;
  setProblems: (problems: FileEditorProps["problems"]) => void;
  dispose: () => void;
};

type Handlers = {
  onRun: (options: { fromHere: boolean }) => void;
  /** Esc, when nothing in the editor wants it. */
  onLeave: () => void;
  onHeight: (px: number, lines: number) => void;
};

let nextModel = 1;

/** Where Esc has a nearer meaning than leaving the editor. */
const nothingOpen =
  "!suggestWidgetVisible && !findWidgetVisible && !editorHasMultipleSelections && !renameInputVisible && !inSnippetMode && !parameterHintsVisible && !markersNavigationVisible && !inlineSuggestionVisible && !codeActionMenuVisible && !quickInputVisible";

/** Makes a Monaco editor in `host` for a room's document. The browser's half of `FileEditor`, without React. */
export function mountEditor(monaco: Monaco, host: HTMLElement, room: DocRoom, path: string, handlers: Handlers): MountedEditor {
  const uri = monaco.Uri.from({ scheme: "file", path: `/${room.fileId}/${nextModel++}/${path}` });
  const model = monaco.editor.createModel(room.text.toString().replace(/\r\n?/g, "\n"), languageOf(path), uri);
  model.updateOptions({ tabSize: 4, insertSpaces: true });
  model.detectIndentation(true, 4);
  const view = monaco.editor.create(host, {
    ...commonOptions,
    model,
    theme: themeName,
    readOnly: true,
    ariaLabel: `${path}, editor. Escape leaves it.`,
    readOnlyMessage: { value: "You may read this file, not change it." },
    wordBasedSuggestions: "currentDocument",
    quickSuggestions: { other: true, comments: false, strings: false },
    lightbulb: { enabled: "on" as editor.ShowLightbulbIconMode },
    unicodeHighlight: { ambiguousCharacters: false },
  });
  let binding: Binding | undefined;
  let cursors: RemoteCursors | undefined;

  const run = (id: string, label: string, keybinding: number, act: () => void, precondition?: string) =>
    view.addAction({ id: `flowbook.${id}`, label, keybindings: [keybinding], ...(precondition ? { precondition } : {}), run: act });
  run("run", "Run", monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => handlers.onRun({ fromHere: false }));
  run("run-from-here", "Run from here", monaco.KeyMod.CtrlCmd | monaco.KeyMod.Shift | monaco.KeyCode.Enter, () => handlers.onRun({ fromHere: true }));
  // Everything is stored as it is typed; the browser's own dialog would only be in the way.
  run("save", "Save", monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => {});
  run("leave", "Leave the editor", monaco.KeyCode.Escape, handlers.onLeave, nothingOpen);

  view.onDidContentSizeChange((e) => handlers.onHeight(e.contentHeight, model.getLineCount()));
  handlers.onHeight(view.getContentHeight(), model.getLineCount());

  return {
    editor: view,
    bind() {
      cursors?.dispose();
      binding?.dispose();
      binding = new Binding(monaco, room.text, model, new Set([view]));
      cursors = new RemoteCursors(monaco, view, room);
    },
    setReadOnly: (isReadOnly) => view.updateOptions({ readOnly: isReadOnly, domReadOnly: isReadOnly }),
    setProblems: (problems) => showProblems(monaco, model, (problems ?? []).filter((p) => p.path === path)),
    dispose() {
      cursors?.dispose();
      binding?.dispose();
      view.dispose();
      model.dispose();
    },
  };
}
