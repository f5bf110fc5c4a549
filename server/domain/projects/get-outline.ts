import { type Outline, readOutline } from "@/common/mlproject";
import type { Ctx } from "@/server/ctx";
import { requireProject } from "../files";
import { listInterpreters } from "./list-interpreters";

const largestBytes = 512 * 1024;

/** What the project's files declare as they stand, and what is wrong with them. @throws DomainError `not_found`, `forbidden`. */
export async function getOutline(ctx: Ctx, { projectId }: { projectId: string }): Promise<Outline> {
  await requireProject(ctx, projectId, "view");
  const files = await ctx.sql.query<{ path: string; text: string | null }>(
    `SELECT "path", CASE WHEN "sizeBytes" <= $2 THEN "text" END AS "text" FROM "File" WHERE "projectId" = $1 AND "deletedAt" IS NULL ORDER BY "path"`,
    [projectId, largestBytes],
  );
  return readOutline(files.rows, { interpreters: listInterpreters() });
}
