import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SharedExperimentPage } from "@/components/shares/shared-experiment-page";
import { SharedRunPage } from "@/components/shares/shared-run-page";
import type { Ctx } from "@/server/ctx";
import { getExperiment, searchExperiments } from "@/server/domain/experiments";
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
  if (actor.kind !== "share") notFound();
  const isRun = actor.targetType === "run";
  if (!isRun && typeof asked !== "string") {
    const [shown] = (await searchExperiments(ctx, { maxResults: 1 })).experiments;
    if (!shown) notFound();
    const [workspace, link] = await Promise.all([workspaceOf(ctx), linkOf(ctx, actor.shareId)]);
    return (
      <SharedExperimentPage
        token={token} shareId={actor.shareId} experiment={{ id: shown.id, name: shown.name }}
        workspaceName={workspace?.name ?? "a workspace"} expiresAtMs={link?.expiresAt.getTime() ?? null}
      />
    );
  }
  const runId = typeof asked === "string" ? asked : actor.targetId;
  const run = await orNotFound(getRun(ctx, { runId }));
  const [job, tree, experiment, parent, workspace, link] = await Promise.all([
    findJobByRun(ctx, { runId }),
    listRunChildren(ctx, { runId }),
    getExperiment(ctx, { experimentId: run.experimentId }).catch(() => null),
    run.parentRunId && runId !== actor.targetId ? getRun(ctx, { runId: run.parentRunId }).catch(() => null) : null,
    workspaceOf(ctx),
    linkOf(ctx, actor.shareId),
  ]);
  return (
    <SharedRunPage
      key={runId}
      token={token}
      shareId={actor.shareId}
      rootRunId={isRun ? actor.targetId : ""}
      expiresAtMs={link?.expiresAt.getTime() ?? null}
      workspaceName={workspace?.name ?? "a workspace"}
      experimentName={experiment?.name ?? null}
      parent={parent && { id: parent.id, name: parent.name }}
      initial={{ run, job, tree }}
    />
  );
}

const workspaceOf = (ctx: Ctx) => ctx.db.workspace.findUnique({ where: { id: ctx.workspaceId }, select: { name: true } });
const linkOf = (ctx: Ctx, shareId: string) => ctx.db.shareLink.findUnique({ where: { id: shareId }, select: { expiresAt: true } });
