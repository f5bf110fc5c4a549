import { keyOfUri, putByProxyPath } from "@/server/domain/artifacts";
import { findStoredSizes } from "@/server/domain/transfers";
import { goOn, isOfOneThing } from "../problems";
import type { FileOwner } from "../types";
import type { ImportJob } from "./job";

export type Copied = { artifactFiles: number; artifactBytes: number; /** Every file arrived. */ isWhole: boolean };

/**
 * Copies an owner's files below `artifactUri`; what is there in the same size is left, unless `isAnew`.
 *
 * @returns what the source has, by its own word.
 */
export async function copyFiles(job: ImportJob, owner: FileOwner, artifactUri: string, isAnew: boolean): Promise<Copied> {
  const copied: Copied = { artifactFiles: 0, artifactBytes: 0, isWhole: true };
  const root = keyOfUri(artifactUri);
  if (!job.withArtifacts || root === null) return copied;
  const files = job.source.files(owner);
  if (files === null) return copied;
  const stored = isAnew ? new Map<string, number>() : await findStoredSizes(job.ctx, root);
  for await (const file of files) {
    goOn(job.signal);
    copied.artifactFiles++;
    copied.artifactBytes += file.sizeBytes;
    if (stored.get(file.path) !== file.sizeBytes) {
      try {
        const stream = await job.source.openFile(owner, file.path);
        const { sizeBytes } = await putByProxyPath(job.ctx, { proxyPath: `${root}/${file.path}`, stream });
        if (sizeBytes !== file.sizeBytes) throw new Error(`it was listed with ${file.sizeBytes} bytes and had ${sizeBytes}`);
      } catch (error) {
        if (!(isOfOneThing(error) || (error instanceof Error && /it was listed with/.test(error.message)))) throw error;
        copied.isWhole = false;
        job.problems.add(`the file '${file.path}' of ${owner.kind} ${owner.id}`, error);
        continue;
      }
    }
    job.progress.add("artifactFiles");
    job.progress.add("artifactBytes", file.sizeBytes);
  }
  return copied;
}
