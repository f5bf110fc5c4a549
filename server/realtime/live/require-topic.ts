import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { requireExperimentAccess } from "@/server/domain/experiments";
import { getFile } from "@/server/domain/files";
import { getJob } from "@/server/domain/jobs";
import { getProject } from "@/server/domain/projects";
import { requireRunAccess } from "@/server/domain/runs";
import { notFound } from "@/server/errors";

/**
 * Whether the caller may hear of a topic: it must be able to see what the topic names. `access:…`, `share:…` and a runner's topics
 * are nobody's to watch.
 *
 * @throws DomainError `not_found` or `forbidden`.
 */
export async function requireTopic(ctx: Ctx, topic: string): Promise<void> {
  const [noun, id = ""] = split(topic);
  switch (noun) {
    case "run":
    case "run-tree":
      await requireRunAccess(ctx, { runId: id }, "view");
      return;
    case "experiment":
      await requireExperimentAccess(ctx, { experimentId: Number(id) }, "view");
      return;
    case "job":
    case "job-log":
      await getJob(ctx, { jobId: id });
      return;
    case "project":
    case "files":
      await getProject(ctx, { idOrName: id });
      return;
    case "file":
      await getFile(ctx, { fileId: id });
      return;
    case "workspace":
      requireAccess(ctx, "view");
      if (id !== ctx.workspaceId) throw notFound("workspace", id);
      return;
    // Ids of models cannot be guessed and the topic tells only that one changed; `jobs` only that some launch did.
    case "model":
    case "jobs":
      requireAccess(ctx, "view");
      return;
    default:
      throw notFound("topic", topic);
  }
}

function split(topic: string): [string, string?] {
  const at = topic.indexOf(":");
  return at < 0 ? [topic] : [topic.slice(0, at), topic.slice(at + 1)];
}
