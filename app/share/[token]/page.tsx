import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SharedRunPage } from "@/components/shares/shared-run-page";
import { getExperiment } from "@/server/domain/experiments";
import { findJobByRun } from "@/server/domain/jobs";
import { getRun, listRunChildren } from "@/server/domain/runs";
import { openShare } from "@/server/domain/shares";
import { orNotFound } from "../../page-ctx";

export const metadata: Metadata = { title: "Shared run", robots: { index: false, follow: false }, referrer: "no-referrer" };

type Props = { params: Promise<{ token: string }>; searchParams: Promise<{ run?: string | string[] }> };

export default async function Page({ params, searchParams }: Props) {
  const { token } = await params;
  const { run: asked } = await searchParams;
  const ctx = await orNotFound(openShare({ token: decodeURIComponent(token) }));
  const { actor } = ctx;
  // Links to experiments and projects come with their pages; until then such a link opens nothing.
  if (actor.kind !== "share" || actor.targetType !== "run") notFound();
  const runId = typeof asked === "string" ? asked : actor.targetId;
  const run = await orNotFound(getRun(ctx, { runId }));
  const [job, tree, experiment, parent, workspace, link] = await Promise.all([
    findJobByRun(ctx, { runId }),
    listRunChildren(ctx, { runId }),
    getExperiment(ctx, { experimentId: run.experimentId }).catch(() => null),
    run.parentRunId && runId !== actor.targetId ? getRun(ctx, { runId: run.parentRunId }).catch(() => null) : null,
    ctx.db.workspace.findUnique({ where: { id: ctx.workspaceId }, select: { name: true } }),
    ctx.db.shareLink.findUnique({ where: { id: actor.shareId }, select: { expiresAt: true } }),
  ]);
  return (
    <SharedRunPage
      key={runId}
      token={token}
      shareId={actor.shareId}
      rootRunId={actor.targetId}
      expiresAtMs={link?.expiresAt.getTime() ?? null}
      workspaceName={workspace?.name ?? "a workspace"}
      experimentName={experiment?.name ?? null}
      parent={parent && { id: parent.id, name: parent.name }}
      initial={{ run, job, tree }}
    />
  );
}
