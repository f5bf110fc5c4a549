import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import type { FileRow } from "./types";

/** Files whose text shapes the project's page itself. */
const shaping = /(^|\/)(mlproject|conda\.ya?ml|environment\.ya?ml|python_env\.ya?ml|[^/]*requirements[^/]*\.txt|readme(\.[^/]*)?)$/i;

type Told = Pick<FileRow, "id" | "projectId" | "path" | "kind" | "sizeBytes">;

/** Tells of a stored change to a file; the project's list hears of it when the list, or a page made from this text, would differ. */
export function announceFile(ctx: Ctx, before: Told | null, after: Told): void {
  const topics = [`file:${after.id}`];
  const isListed = !before || before.sizeBytes !== after.sizeBytes || before.kind !== after.kind || before.path !== after.path;
  if (isListed || shaping.test(after.path)) topics.push(`files:${after.projectId}`);
  announce(ctx, ...topics);
}
