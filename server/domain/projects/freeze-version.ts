import { Readable } from "node:stream";
import tar from "tar-stream";
import { limits } from "@/common/limits";
import { type Ctx, isPerson } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { commitTree, tarOfFiles, type TreeFile } from "@/server/git";
import { store } from "@/server/storage";
import { clashProblem, pathProblem, requireProject } from "../files";
import { treeOfProject } from "./tree-of-project";

export type FrozenVersion = { commit: string; treeHash: string; /** Where the store keeps the tree's tar. */ treeKey: string };

const maxTreeBytes = 512 * 1024 * 1024;
export const treeKeyOf = (treeHash: string) => `_flowbook/trees/${treeHash}.tar`;

/**
 * Commits the project as it stands, unsaved co-edits included, under refs/runs/<run id>, and keeps the tree's tar for the runner.
 *
 * @throws DomainError `not_found`, `forbidden`, `too_large`.
 */
export async function freezeVersion(ctx: Ctx, { projectId, runId, message }: { projectId: string; runId: string; message: string }): Promise<FrozenVersion> {
  await requireProject(ctx, projectId, "launch");
  return freeze(ctx, { projectId, runId, message, files: await treeOfProject(ctx, projectId) });
}

/**
 * Commits a tree that a step changed, for a launch below it, under refs/runs/<run id>.
 *
 * @throws DomainError `invalid` for a tar that cannot be read, a path that leaves the tree, a link or a device; `too_large`.
 */
export async function freezeTree(ctx: Ctx, input: { projectId: string; runId: string; tar: Readable | Buffer; message?: string }): Promise<FrozenVersion> {
  await requireProject(ctx, input.projectId, "launch", { isDeletedToo: true });
  const files = await filesOfTar(Buffer.isBuffer(input.tar) ? Readable.from([input.tar]) : input.tar);
  return freeze(ctx, { projectId: input.projectId, runId: input.runId, message: input.message ?? `Nested launch\n\nRun ${input.runId}`, files });
}

async function freeze(ctx: Ctx, { projectId, runId, message, files }: { projectId: string; runId: string; message: string; files: TreeFile[] }): Promise<FrozenVersion> {
  if (!/^[0-9a-f]{32}$/.test(runId)) throw invalid(`'${runId.slice(0, 60)}' is no run id.`);
  if (files.reduce((sum, f) => sum + f.bytes.byteLength, 0) > maxTreeBytes) {
    throw new DomainError("too_large", `The project is larger than ${maxTreeBytes / 1024 / 1024} MB, the limit of what one launch takes along. Keep large data outside and fetch it in a step.`);
  }
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { commit, treeHash } = await commitTree({
    projectId, ref: `refs/runs/${runId}`, files: sorted, message, now: ctx.now(), ...(isPerson(ctx.actor) ? { authorName: ctx.actor.name } : {}),
  });
  const treeKey = treeKeyOf(treeHash);
  if (!(await store.exists(treeKey))) await store.put(treeKey, tarOfFiles(sorted));
  return { commit, treeHash, treeKey };
}

async function filesOfTar(source: Readable): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  let total = 0;
  const extract = source.pipe(tar.extract());
  source.on("error", (error) => extract.destroy(error));
  try {
    for await (const entry of extract) {
      const { name, type, mode = 0o644, size = 0 } = entry.header;
      const path = name.replace(/^(\.\/)+/, "").replace(/\/$/, "");
      if (type === "directory") {
        entry.resume();
        continue;
      }
      if (type !== "file" && type !== "contiguous-file") throw invalid(`'${path.slice(0, 200)}' is a link or a device; a nested launch takes ordinary files. Write a copy in its place, or keep it in the scratch folder.`);
      const problem = pathProblem(path);
      if (problem) throw invalid(problem);
      total += size;
      if (size > limits.fileBytes || total > maxTreeBytes) throw new DomainError("too_large", "The step's tree has grown past what a nested launch takes along. Write large results to the scratch folder.");
      const parts: Buffer[] = [];
      for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
      files.push({ path, bytes: Buffer.concat(parts), isExecutable: (mode & 0o111) !== 0 });
      if (files.length > 50_000) throw invalid("The step's tree has more than 50000 files. Write results to the scratch folder.");
    }
  } catch (error) {
    source.destroy();
    if (error instanceof DomainError) throw error;
    throw invalid(`The tree's tar cannot be read: ${error instanceof Error ? error.message : "it is damaged"}`);
  }
  const clash = clashProblem(files.map((f) => f.path));
  if (clash) throw invalid(clash);
  return files;
}
