import { writeFile } from "node:fs/promises";
import { pack } from "tar-stream";
import type { Job as JobRow } from "@/generated/prisma/client";
import type { Ctx } from "@/server/ctx";
import { setJobState } from "@/server/domain/jobs";
import { freezeTree } from "@/server/domain/projects";
import { setRunTag } from "@/server/domain/runs";
import type { Manifest } from "./check-out";
import { manifestPath } from "./job-dirs";
import type { JobLog } from "./job-log";
import { persist } from "./persist";
import { isAsFrozen, type ReadTree } from "./read-tree";

/**
 * A nested launch runs the pipeline's tree as it stands. When a step has changed it, it is committed under the child's ref, and the
 * job and its run name that commit. Large files stay out, and the log says which.
 */
export async function freezeChanges(ctx: Ctx, job: JobRow, frozen: Manifest, { walk, hashes }: ReadTree, log: JobLog): Promise<void> {
  const isSame = isAsFrozen(hashes, frozen);
  await writeFile(manifestPath(job), JSON.stringify(isSame ? frozen : hashes));
  if (isSame) return;
  const tar = pack();
  for (const file of walk.files) tar.entry({ name: file.path, mode: file.isExecutable ? 0o755 : 0o644, mtime: new Date(0) }, file.bytes);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const version = await persist("changed tree", () => freezeTree(ctx, { projectId: job.projectId, runId: job.runId, tar: Buffer.concat(chunks) }));
  await persist("commit", () => setJobState(ctx, { jobId: job.id, commit: version.commit, treeHash: version.treeHash }));
  await persist("commit", () => setRunTag(ctx, { runId: job.runId, key: "mlflow.source.git.commit", value: version.commit }));
  for (const { path, reason } of walk.skipped.slice(0, 10)) log.say(`${path} is not part of this run's code: ${reason}.`);
}
