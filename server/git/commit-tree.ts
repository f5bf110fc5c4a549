import { ensureRepository } from "./repository";
import { runGit } from "./run-git";

export type TreeFile = { path: string; bytes: Buffer; isExecutable: boolean };

const identity = "Flowbook <flowbook@localhost>";

/**
 * Commits exactly these files as one tree under a ref, with no work tree; a ref that is there is moved.
 *
 * @returns commit id and tree hash: the same files always give the same tree.
 */
export async function commitTree(input: {
  projectId: string;
  /** Such as `refs/runs/<run id>`. */
  ref: string;
  files: Iterable<TreeFile> | AsyncIterable<TreeFile>;
  message: string;
  authorName?: string;
  now: Date;
}): Promise<{ commit: string; treeHash: string }> {
  if (!/^refs\/(runs|heads)\/[0-9A-Za-z_-]{1,100}$/.test(input.ref)) throw new Error("not a ref of ours");
  const gitDir = await ensureRepository(input.projectId);
  // A ref that is there gets a commit without its old parent; fast-import moves it only by force.
  await runGit(["fast-import", "--quiet", "--force", "--done"], { gitDir, input: stream(input), timeoutMs: 120_000, config: { "fastimport.unpackLimit": "100" } });
  const out = await runGit(["rev-parse", `${input.ref}^{commit}`, `${input.ref}^{tree}`], { gitDir });
  const [commit = "", treeHash = ""] = out.toString("utf8").trim().split("\n");
  return { commit, treeHash };
}

async function* stream({ ref, files, message, authorName, now }: Parameters<typeof commitTree>[0]): AsyncGenerator<Buffer> {
  const text = (s: string) => Buffer.from(s, "utf8");
  const at = `${Math.floor(now.getTime() / 1000)} +0000`;
  const author = `${(authorName ?? "").replace(/[<>\n\r\0]/g, "").trim() || "Flowbook"} <flowbook@localhost>`;
  const body = text(message);
  yield text(`feature done\nreset ${ref}\n\ncommit ${ref}\nauthor ${author} ${at}\ncommitter ${identity} ${at}\ndata ${body.length}\n`);
  yield body;
  yield text("\ndeleteall\n");
  for await (const { path, bytes, isExecutable } of files) {
    yield text(`M ${isExecutable ? "100755" : "100644"} inline ${quote(path)}\ndata ${bytes.length}\n`);
    yield bytes;
    yield text("\n");
  }
  yield text("\ndone\n");
}

/** C-style, as fast-import reads it; our paths hold no control characters. */
const quote = (path: string) => `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
