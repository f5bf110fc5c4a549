import { notFound } from "next/navigation";
import { cache } from "react";
import type { WorkspaceInfo } from "@/components/shell/workspace-context";
import { can } from "@/server/access";
import { listRunners } from "@/server/domain/jobs";
import { getWorkspaceSlug } from "@/server/domain/workspaces";
import { env } from "@/server/env";
import { pageCtx } from "./page-ctx";

/** What every page of a workspace knows of it and of who is looking. Another workspace's address shows "not found". */
export const workspaceInfo = cache(async (slug: string): Promise<WorkspaceInfo> => {
  const ctx = await pageCtx();
  if ((await getWorkspaceSlug(ctx)) !== slug) notFound();
  const { actor } = ctx;
  return {
    slug,
    name: slug,
    viewer: actor.kind === "user" ? { name: actor.name, color: actor.color, role: actor.role, isOpen: false } : { name: "You", color: "sky", role: "owner", isOpen: true },
    may: { edit: can(ctx, "edit"), launch: can(ctx, "launch"), share: can(ctx, "share"), track: can(ctx, "track"), administer: can(ctx, "administer") },
    runners: await listRunners(ctx),
    trackingUri: env().publicUrl,
  };
});
