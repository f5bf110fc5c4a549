/* Projects: a folder of files with an experiment of the same name, and the versions that were launched. */
export { deleteProject, renameProject, restoreProject } from "./change-project";
export { createProject, type CreatedProject, type CreateProjectInput } from "./create-project";
export { ensureExample, exampleName } from "./ensure-example";
export { exportZip } from "./export-zip";
export { freezeTree, freezeVersion, type FrozenVersion, treeKeyOf } from "./freeze-version";
export { getOutline } from "./get-outline";
export { getProject, listProjects } from "./get-project";
export { diffVersionAgainstNow, getVersionOutline, listVersionFiles, readVersionFile, type VersionChange, type VersionFile } from "./read-version";
export type { Project, ProjectSummary } from "./types";
export { listInterpreters } from "./list-interpreters";
