/* Project source: paths, bytes, and the live document behind each text. */
export { appendUpdate, appendUpdates, type AppendInput } from "./append-update";
export { readBlob } from "./blobs";
export { checkPath, clashProblem, pathProblem } from "./check-path";
export { compactDoc } from "./compact-doc";
export { insertFiles, type NewFile, prepareFiles, type PreparedFile } from "./insert-files";
export { loadDoc, type LoadedDoc } from "./load-doc";
export { deleteFile, type FilesAt, renameFile, restoreFile } from "./move-files";
export { getFile, listFiles, openFile, readFile } from "./read-file";
export { type ProjectRow, requireProject, requireProjectAccess } from "./require-project";
export { decodeText, encodeText } from "./text-bytes";
export { etagOf, type FileEntry, type FileKind } from "./types";
export { type UpdatesSince, updatesSince } from "./updates-since";
export { type WriteFileInput, type WrittenFile, writeFile } from "./write-file";
