import type { ProjectRow } from "../files";

export type Project = {
  id: string;
  name: string;
  experimentId: number;
  createdAtMs: number;
  updatedAtMs: number;
  deletedAtMs: number | null;
};

/** A project in a list, with the counts a card shows. */
export type ProjectSummary = Project & { fileCount: number; lastLaunchAtMs: number | null; lastLaunchState: string | null };

export const toProject = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  experimentId: row.experimentId,
  createdAtMs: row.createdAt.getTime(),
  updatedAtMs: row.updatedAt.getTime(),
  deletedAtMs: row.deletedAt?.getTime() ?? null,
});
