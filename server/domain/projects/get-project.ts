import { can } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { invalid, notFound } from "@/server/errors";
import { limits } from "@/common/limits";
import { requireProjectAccess } from "../files";
import { type Project, type ProjectSummary, toProject } from "./types";

/**
 * A project by its id or its name.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
export async function getProject(ctx: Ctx, { idOrName, isDeletedToo = false }: { idOrName: string; isDeletedToo?: boolean }): Promise<Project> {
  if (ctx.actor.kind !== "share") requireView(ctx);
  const alive = isDeletedToo ? {} : { deletedAt: null };
  const within = ctx.actor.kind === "system" ? {} : { workspaceId: ctx.workspaceId };
  const row =
    (idOrName.startsWith("prj_") ? await ctx.db.project.findFirst({ where: { id: idOrName, ...within, ...alive } }) : null) ??
    (await ctx.db.project.findFirst({ where: { name: idOrName, workspaceId: ctx.workspaceId, ...alive }, orderBy: { createdAt: "desc" } }));
  if (!row) throw notFound("project", idOrName);
  requireProjectAccess(ctx, row.id, "view");
  return toProject(row);
}

/** The workspace's projects, newest first. A share or a step is given those it may view. */
export async function listProjects(ctx: Ctx, { limit = limits.pageSize, pageToken, isDeleted = false }: { limit?: number; pageToken?: string; isDeleted?: boolean } = {}): Promise<{ projects: ProjectSummary[]; nextPageToken?: string }> {
  requireView(ctx);
  const take = Math.min(Math.max(1, limit), limits.pageSizeMax);
  const after = pageToken === undefined ? null : readToken(pageToken);
  const { actor } = ctx;
  const rows = await ctx.db.project.findMany({
    where: {
      workspaceId: ctx.workspaceId,
      deletedAt: isDeleted ? { not: null } : null,
      ...(actor.kind === "step" ? { id: actor.projectId } : {}),
      ...(after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: take + 1,
    include: {
      _count: { select: { files: { where: { deletedAt: null } } } },
      jobs: { orderBy: { createdAt: "desc" }, take: 1, where: { parentJobId: null }, select: { createdAt: true, state: true } },
    },
  });
  const page = rows.slice(0, take);
  const last = page.at(-1);
  return {
    projects: page.map(({ _count, jobs, ...row }) => ({
      ...toProject(row),
      fileCount: _count.files,
      lastLaunchAtMs: jobs[0]?.createdAt.getTime() ?? null,
      lastLaunchState: jobs[0]?.state ?? null,
    })),
    ...(rows.length > take && last ? { nextPageToken: Buffer.from(`${last.createdAt.getTime()}:${last.id}`).toString("base64url") } : {}),
  };
}

function readToken(token: string): { at: Date; id: string } {
  const [, ms, id] = /^(\d{1,15}):(prj_[0-9a-z]+)$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  if (!ms || !id) throw invalid("page_token is not one that a list gave. Begin without it.", [{ field: "page_token", message: "Not a token of this list." }]);
  return { at: new Date(Number(ms)), id };
}

function requireView(ctx: Ctx) {
  if (!can(ctx, "view")) requireProjectAccess(ctx, "", "view");
}
