export { applyEditsToFile } from "./apply-edits";
export { CodeView } from "./code-view";
export { DiffView } from "./diff-view";
export { FileEditor } from "./file-editor";
export { languageOf } from "./language";
export { People } from "./people";
export { SaveState } from "./save-state";
export type { CodeViewProps, DiffViewProps, FileEditorProps, Person, SaveStatus } from "./types";
