import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";

/** Says that a run changed, to those who watch it, its experiment, or its parent's tree. After the commit. */
export function tellRun(ctx: Ctx, run: { id: string; experimentId: number; parentRunId: string | null }): void {
  const topics = [`run:${run.id}`, `experiment:${run.experimentId}`];
  if (run.parentRunId) topics.push(`run-tree:${run.parentRunId}`);
  announce(ctx, ...topics);
}
