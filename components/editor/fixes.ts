import type { editor, languages } from "monaco-editor/editor";
import type { Problem } from "@/common/mlproject";
import type { Monaco } from "./load-monaco";

const owner = "flowbook";
const shown = new WeakMap<editor.ITextModel, readonly Problem[]>();

/** Marks a file's problems in its model; a problem without a line stands at the first. */
export function showProblems(monaco: Monaco, model: editor.ITextModel, problems: readonly Problem[]): void {
  shown.set(model, problems);
  monaco.editor.setModelMarkers(model, owner, problems.map((p) => ({ ...rangeOf(model, p), message: p.message, severity: p.severity === "error" ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning })));
}

function rangeOf(model: editor.ITextModel, p: Problem) {
  const line = Math.min(Math.max(1, p.line ?? 1), model.getLineCount());
  const startColumn = p.column ?? (model.getLineFirstNonWhitespaceColumn(line) || 1);
  const endLineNumber = Math.min(p.endLine ?? line, model.getLineCount());
  const endColumn = p.endColumn ?? model.getLineMaxColumn(endLineNumber);
  return { startLineNumber: line, startColumn, endLineNumber, endColumn: endColumn > startColumn || endLineNumber > line ? endColumn : startColumn + 1 };
}

/** Offers the mends of the problems under the caret (Ctrl+.). Applied as edits of the model, so they are shared and undone as typing is. */
export function registerFixes(monaco: Monaco): void {
  monaco.languages.registerCodeActionProvider("*", {
    provideCodeActions(model, range): languages.CodeActionList {
      const actions: languages.CodeAction[] = [];
      for (const problem of shown.get(model) ?? []) {
        const { fix } = problem;
        if (!fix || fix.edits.some((e) => e.path !== problem.path)) continue;
        const where = rangeOf(model, problem);
        if (!monaco.Range.areIntersectingOrTouching(where, range)) continue;
        actions.push({
          title: fix.title,
          kind: "quickfix",
          isPreferred: true,
          diagnostics: monaco.editor.getModelMarkers({ owner, resource: model.uri }).filter((m) => m.message === problem.message),
          edit: {
            edits: fix.edits.map((e) => ({
              resource: model.uri,
              versionId: model.getVersionId(),
              textEdit: { range: { startLineNumber: e.startLine, startColumn: e.startColumn, endLineNumber: e.endLine, endColumn: e.endColumn }, text: e.text },
            })),
          },
        });
      }
      return { actions, dispose: () => {} };
    },
  });
}
