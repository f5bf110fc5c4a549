import { placeOf } from "../artifact-place";
import { goOn, isOfOneThing } from "../problems";
import { HttpSource } from "../sources/http-source";
import type { FileOwner } from "../types";
import type { ExportJob } from "./job";

/** Puts the owner's files behind the target's artifact proxy; what is there in the same size is left. @returns whether all arrived. */
export async function uploadFiles(job: ExportJob, owner: FileOwner, there: { id: string; isNew: boolean }): Promise<boolean> {
  if (!job.withArtifacts) return true;
  const files = job.source.files(owner);
  const uri = job.roots.get(there.id) ?? "";
  if (files === null) {
    job.problems.note(`artifacts at ${owner.artifactUri.split("/").slice(0, 3).join("/")} stay there; the target's runs name other places in it`);
    return true;
  }
  const place = placeOf(uri);
  const stored = new Map<string, number>();
  if (!there.isNew) for await (const f of new HttpSource(job.client).files({ ...owner, id: there.id, artifactUri: uri }) ?? []) stored.set(f.path, f.sizeBytes);
  let isWhole = true;
  for await (const file of files) {
    goOn(job.signal);
    if (place.kind !== "proxied") {
      job.problems.add(`the files of ${owner.kind} ${owner.id}`, `the target keeps them at ${uri} and does not take them over HTTP; start it with --serve-artifacts and a default artifact root of mlflow-artifacts:/`);
      return false;
    }
    if (stored.get(file.path) !== file.sizeBytes) {
      try {
        const path = `${place.path}/${file.path}`.split("/").map(encodeURIComponent).join("/");
        await job.client.upload(`/api/2.0/mlflow-artifacts/artifacts/${path}`, file.sizeBytes, () => job.source.openFile(owner, file.path));
      } catch (error) {
        if (!isOfOneThing(error)) throw error;
        isWhole = false;
        job.problems.add(`the file '${file.path}' of ${owner.kind} ${owner.id}`, error);
        continue;
      }
    }
    job.progress.add("artifactFiles");
    job.progress.add("artifactBytes", file.sizeBytes);
  }
  return isWhole;
}
