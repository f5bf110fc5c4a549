import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { env } from "../env";
import { runGit } from "./run-git";

/** Where a project's bare repository stands. */
export function repositoryDir(projectId: string): string {
  if (!/^prj_[0-9a-z]{1,40}$/.test(projectId)) throw new Error("not a project id");
  return join(env().dataDir, "git", `${projectId}.git`);
}

/** Makes the repository when it is not there; two that try at once end with one. */
export async function ensureRepository(projectId: string): Promise<string> {
  const dir = repositoryDir(projectId);
  if (existsSync(join(dir, "HEAD"))) return dir;
  const staged = join(env().dataDir, "git", `.new-${randomUUID()}`);
  await mkdir(join(env().dataDir, "git"), { recursive: true });
  await runGit(["init", "--bare", "--quiet", "--template=", staged]);
  try {
    await rename(staged, dir);
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    if (!existsSync(join(dir, "HEAD"))) throw error;
  }
  return dir;
}

export const isCommitId = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);
