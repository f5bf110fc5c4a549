export type Monaco = typeof import("monaco-editor/editor");

let loading: Promise<Monaco> | undefined;

/** Monaco, loaded once a page; tried again when the network failed. Browser only. */
export function loadMonaco(): Promise<Monaco> {
  loading ??= import("./monaco-setup").then((m) => m.monaco);
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** What every editor of ours has in common: the look's type and measures, and no more furniture than that. */
export const commonOptions = {
  automaticLayout: true,
  fontSize: 12.5,
  lineHeight: 20,
  fontFamily: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontLigatures: false,
  minimap: { enabled: false },
  folding: false,
  glyphMargin: false,
  lineNumbersMinChars: 4,
  lineDecorationsWidth: 14,
  overviewRulerLanes: 0,
  overviewRulerBorder: false,
  hideCursorInOverviewRuler: true,
  scrollBeyondLastLine: false,
  scrollbar: { alwaysConsumeMouseWheel: false, verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
  padding: { top: 6, bottom: 6 },
  renderLineHighlight: "line",
  renderLineHighlightOnlyWhenFocus: true,
  guides: { indentation: false },
  bracketPairColorization: { enabled: false },
  stickyScroll: { enabled: false },
  occurrencesHighlight: "off",
  smoothScrolling: false,
  fixedOverflowWidgets: true,
  contextmenu: true,
} as const;
