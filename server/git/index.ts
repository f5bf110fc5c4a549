/* The one caller of the git program: a bare repository for each project, no work tree. */
export { commitTree, type TreeFile } from "./commit-tree";
export { importFromUrl, type ImportedTree } from "./import-from-url";
export { findRef, listTree, readBlobs, readTreeFile, type TreeEntry } from "./read-tree";
export { ensureRepository, isCommitId, repositoryDir } from "./repository";
export { GitError } from "./run-git";
export { tarOfFiles } from "./tar-of-files";
