import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Ctx } from "@/server/ctx";
import { asDomainError } from "@/server/errors";
import { listByProxyPath, openByProxyPath } from "@/server/domain/artifacts";
import { getRun } from "@/server/domain/runs";
import { StepFailure } from "./step-failure";

const maxBytes = 10 * 1024 ** 3;
const maxFiles = 20_000;

type Copy = { parameter: string; uri: string; /** Made here. */ into: string };

/**
 * Copies what one of our own URIs names (`mlflow-artifacts:/…`, `runs:/…`) from the artifact store, seen with the step's own eyes.
 *
 * @returns the name under `into`.
 * @throws StepFailure when it is not ours, not there, or not for this step.
 */
export async function copyArtifact(ctx: Ctx, { parameter, uri, into }: Copy): Promise<string> {
  const fail = (why: string) => new StepFailure(`parameter '${parameter}': ${uri.slice(0, 300)} ${why}`);
  const root = await proxyPathOf(ctx, uri);
  if (root === null) {
    throw fail("is not stored here. Flowbook copies mlflow-artifacts:/ and runs:/ URIs to a 'path'; declare the parameter as 'uri' and download others in the step.");
  }
  const name = posix.basename(root);
  await mkdir(into, { recursive: true });
  let bytes = 0;
  let files = 0;

  async function copyFile(path: string, target: string) {
    const opened = await openByProxyPath(ctx, { proxyPath: path });
    bytes += opened.sizeBytes;
    if (++files > maxFiles || bytes > maxBytes) {
      opened.stream.destroy();
      throw fail("is too large to be copied for a step (10 GiB or 20,000 files at most).");
    }
    await mkdir(dirname(target), { recursive: true });
    await pipeline(opened.stream, createWriteStream(target, { mode: 0o644 }));
  }
  async function copyFolder(path: string, target: string, depth: number): Promise<boolean> {
    const entries = await listByProxyPath(ctx, { proxyPath: path });
    if (depth > 30) return true;
    for (const entry of entries) {
      const child = { path: `${path}/${entry.path}`, target: join(target, entry.path) };
      if (entry.isDir) await copyFolder(child.path, child.target, depth + 1);
      else await copyFile(child.path, child.target);
    }
    return entries.length > 0;
  }

  try {
    // A folder lists its files; a file lists nothing.
    if (!(await copyFolder(root, join(into, name), 0))) await copyFile(root, join(into, name));
  } catch (error) {
    const known = asDomainError(error);
    if (!known || known.kind === "unavailable" || known.kind === "storage_full") throw error;
    throw fail(known.kind === "not_found" ? "is not there: the run that should have written it has no such artifact." : `could not be copied: ${known.message}`);
  }
  return name;
}

/** The path below the artifact proxy; null for a URI that leads elsewhere. */
async function proxyPathOf(ctx: Ctx, uri: string): Promise<string | null> {
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(uri);
  if (proxied?.[1]) return clean(proxied[1]);
  const ofRun = /^runs:\/+([0-9a-f]{32})\/(.+)$/.exec(uri);
  if (!ofRun?.[1] || !ofRun[2]) return null;
  const run = await getRun(ctx, { runId: ofRun[1] }).catch(() => null);
  const root = run ? /^mlflow-artifacts:\/+(.+)$/.exec(run.artifactUri)?.[1] : null;
  return root ? clean(`${root}/${ofRun[2]}`) : null;
}

/** Dots and empty parts are left for the artifact verbs to refuse; only a slash at the end is ours. */
const clean = (path: string): string => path.replace(/\/+$/, "");
