import { existsSync } from "node:fs";
import { DomainError } from "../errors";
import { isCommitId, repositoryDir } from "./repository";
import { GitError, runGit } from "./run-git";

export type TreeEntry = { path: string; oid: string; sizeBytes: number; isExecutable: boolean; kind: "file" | "symlink" | "submodule" };

/** All files of a commit by path; null when the repository has no such commit. */
export async function listTree(gitDirOrProject: { projectId: string } | { gitDir: string }, treeish: string): Promise<TreeEntry[] | null> {
  const gitDir = dirOf(gitDirOrProject);
  if (!isCommitId(treeish) || !existsSync(gitDir)) return null;
  const out = await runGit(["ls-tree", "-r", "-z", "-l", "--full-tree", treeish], { gitDir }).catch(nullIfMissing);
  if (!out) return null;
  return out
    .toString("utf8")
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , oid = "", size = "0"] = line.slice(0, tab).split(/ +/);
      const kind = mode === "120000" ? "symlink" : mode === "160000" ? "submodule" : "file";
      return { path: line.slice(tab + 1), oid, sizeBytes: Number(size) || 0, isExecutable: mode === "100755", kind };
    });
}

/** Bytes of blobs by their ids, in order, through one program. */
export async function readBlobs(gitDirOrProject: { projectId: string } | { gitDir: string }, oids: string[]): Promise<Buffer[]> {
  if (oids.length === 0) return [];
  const gitDir = dirOf(gitDirOrProject);
  const input = (async function* () {
    yield Buffer.from(`${oids.join("\n")}\n`);
  })();
  const out = await runGit(["cat-file", "--batch", "--buffer"], { gitDir, input, timeoutMs: 120_000, maxBytes: 1024 * 1024 * 1024 });
  const blobs: Buffer[] = [];
  let at = 0;
  for (const oid of oids) {
    const end = out.indexOf(10, at);
    const [id, type, size] = out.toString("utf8", at, end).split(" ");
    if (id !== oid || type !== "blob") throw new Error(`git has no blob ${oid}`);
    const bytes = Number(size);
    blobs.push(out.subarray(end + 1, end + 1 + bytes));
    at = end + 1 + bytes + 1;
  }
  return blobs;
}

/** One file of a commit; null when commit or file is not there. @throws DomainError `too_large` past maxBytes. */
export async function readTreeFile(projectId: string, commit: string, path: string, maxBytes: number): Promise<Buffer | null> {
  const gitDir = repositoryDir(projectId);
  if (!isCommitId(commit) || !existsSync(gitDir) || path.includes("\0")) return null;
  const spec = `${commit}:${path}`;
  const size = await runGit(["cat-file", "-s", spec], { gitDir }).catch(nullIfMissing);
  if (!size) return null;
  if (Number(size.toString("utf8")) > maxBytes) throw new DomainError("too_large", `'${path.slice(0, 200)}' is too large to be read at once.`);
  return runGit(["cat-file", "blob", spec], { gitDir, maxBytes }).catch(nullIfMissing);
}

/** The commit that a ref names; null when there is none. */
export async function findRef(projectId: string, ref: string): Promise<string | null> {
  const gitDir = repositoryDir(projectId);
  if (!existsSync(gitDir)) return null;
  const out = await runGit(["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], { gitDir }).catch(nullIfMissing);
  return out ? out.toString("utf8").trim() : null;
}

const dirOf = (at: { projectId: string } | { gitDir: string }) => ("gitDir" in at ? at.gitDir : repositoryDir(at.projectId));

function nullIfMissing(error: unknown): null {
  if (error instanceof GitError && (error.exitCode === 128 || error.exitCode === 1)) return null;
  throw error;
}
