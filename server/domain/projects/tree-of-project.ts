import type { Ctx } from "@/server/ctx";
import type { TreeFile } from "@/server/git";
import { encodeText, readBlob } from "../files";

/**
 * All files as they stand at one moment, acknowledged co-edits included, by path.
 * One statement reads every text, so no edit is seen by halves across files.
 */
export async function treeOfProject(ctx: Ctx, projectId: string): Promise<TreeFile[]> {
  const rows = await ctx.db.file.findMany({
    where: { projectId, deletedAt: null },
    orderBy: { path: "asc" },
    select: { path: true, text: true, blobKey: true, lineEnding: true, hasBom: true, isExecutable: true },
  });
  const files: TreeFile[] = [];
  for (const row of rows) {
    const bytes = row.text !== null ? encodeText({ ...row, text: row.text }) : row.blobKey ? await readBlob(row.blobKey) : Buffer.alloc(0);
    files.push({ path: row.path, bytes, isExecutable: row.isExecutable });
  }
  return files;
}
