import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import { limits } from "@/common/limits";
import { env } from "../env";
import { DomainError, invalid } from "../errors";
import type { TreeFile } from "./commit-tree";
import { listTree, readBlobs } from "./read-tree";
import { GitError, runGit } from "./run-git";

const timeoutMs = 120_000;
const maxRepositoryBytes = 300 * 1024 * 1024;
const maxTreeBytes = 200 * 1024 * 1024;

export type ImportedTree = { files: TreeFile[]; commit: string; /** Links and submodules, which a project does not hold. */ skipped: string[] };

/**
 * The files of a public repository's branch, tag or default branch, at depth 1. Only https, no private address, no redirect,
 * no hook, no credential, no submodule; capped in time and size.
 *
 * @throws DomainError `invalid` that names what is wrong with the address, `too_large`, `unavailable`.
 */
export async function importFromUrl({ url, ref }: { url: string; ref?: string }): Promise<ImportedTree> {
  const address = parse(url);
  if (ref !== undefined && (!/^[0-9A-Za-z][0-9A-Za-z._/+-]{0,200}$/.test(ref) || ref.includes(".."))) {
    throw refused("git_ref", `'${ref.slice(0, 100)}' is no branch or tag. Write a name such as main or v1.2.`);
  }
  return cloneAndRead(address, ref, await pin(address));
}

/** The import itself, for an address that was judged. Exported for its test, which has no public host to read from. */
export async function cloneAndRead(address: URL, ref: string | undefined, config: Record<string, string>): Promise<ImportedTree> {
  const gitDir = join(env().dataDir, "tmp", `import-${randomUUID()}`);
  await mkdir(join(env().dataDir, "tmp"), { recursive: true });
  const abort = new AbortController();
  const watch = setInterval(() => {
    void sizeOf(gitDir).then((size) => {
      if (size > maxRepositoryBytes) abort.abort(new DomainError("too_large", `The repository is larger than ${maxRepositoryBytes / 1024 / 1024} MB. Upload a zip of what you need.`));
    });
  }, 500);
  try {
    await runGit(
      ["clone", "--bare", "--quiet", "--depth", "1", "--single-branch", "--no-tags", "--template=", ...(ref ? ["--branch", ref] : []), "--", address.href, gitDir],
      { timeoutMs, signal: abort.signal, config },
    ).catch((error: unknown) => {
      throw error instanceof GitError ? asRefusal(error, address, ref) : error;
    });
    const commit = (await runGit(["rev-parse", "HEAD^{commit}"], { gitDir })).toString("utf8").trim();
    return { ...(await filesOf(gitDir, commit)), commit };
  } finally {
    clearInterval(watch);
    await rm(gitDir, { recursive: true, force: true });
  }
}

async function filesOf(gitDir: string, commit: string): Promise<{ files: TreeFile[]; skipped: string[] }> {
  const entries = (await listTree({ gitDir }, commit)) ?? [];
  const files = entries.filter((e) => e.kind === "file");
  if (files.length > limits.projectFiles) throw invalid(`The repository has ${files.length} files; a project holds up to ${limits.projectFiles}.`);
  if (files.reduce((sum, f) => sum + f.sizeBytes, 0) > maxTreeBytes) throw new DomainError("too_large", `The repository's files are larger than ${maxTreeBytes / 1024 / 1024} MB together. Upload a zip of what you need.`);
  const bytes = await readBlobs({ gitDir }, files.map((f) => f.oid));
  return {
    files: files.map((f, i) => ({ path: f.path, isExecutable: f.isExecutable, bytes: bytes[i] ?? Buffer.alloc(0) })),
    skipped: entries.filter((e) => e.kind !== "file").map((e) => e.path),
  };
}

function parse(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refused("git_url", `'${text.slice(0, 200)}' is no address. Write one such as https://github.com/owner/name.`);
  }
  if (url.protocol !== "https:") throw refused("git_url", `Only https addresses are imported, not '${url.protocol}'. Write one such as https://github.com/owner/name.`);
  if (url.username || url.password) throw refused("git_url", "An address with a name or password in it is not imported, as it would be stored. Use a public address, or upload a zip.");
  url.hash = "";
  return url;
}

/** An IPv4 address inside an IPv6 one is judged by the first list. */
const privateRanges = new BlockList();
for (const [net, bits] of [["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.0.0.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["224.0.0.0", 3]] as const) privateRanges.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [["::", 96], ["64:ff9b::", 96], ["64:ff9b:1::", 48], ["2001::", 32], ["2002::", 16], ["fc00::", 7], ["fe80::", 10], ["ff00::", 8]] as const) privateRanges.addSubnet(net, bits, "ipv6");

export const isPrivateAddress = (ip: string): boolean => (isIP(ip) === 0 ? true : privateRanges.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4"));

/** Refuses addresses inside the server's network, and holds git to the address that was checked. */
async function pin(url: URL): Promise<Record<string, string>> {
  const base = { "protocol.https.allow": "always", "http.followRedirects": "false", "transfer.fsckObjects": "true", "http.lowSpeedLimit": "1000", "http.lowSpeedTime": "30" };
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const { programEnv } = env();
  // Behind an outward proxy names are the proxy's to resolve, and it cannot reach this machine's own.
  if (isIP(host) === 0 && (programEnv.https_proxy ?? programEnv.HTTPS_PROXY) && host.includes(".") && !/\.(local|internal|localhost|lan)$/.test(host)) return base;
  const found = await lookup(host, { all: true }).catch(() => []);
  if (found.length === 0) throw refused("git_url", `The host '${host}' is not found. Check the address.`);
  if (found.some((a) => isPrivateAddress(a.address))) throw refused("git_url", `'${host}' is inside the server's own network, which is not read. Use a public address, or upload a zip.`);
  return { ...base, "http.curloptResolve": `${host}:${url.port || 443}:${found.map((a) => a.address).join(",")}` };
}

function asRefusal(error: GitError, url: URL, ref: string | undefined): DomainError {
  const words = error.stderr;
  if (/Remote branch .* not found|couldn't find remote ref/i.test(words)) return refused("git_ref", `The repository has no branch or tag '${ref}'.`);
  if (/Authentication failed|could not read Username|terminal prompts disabled|\b40[13]\b/i.test(words)) return refused("git_url", `${url.host} asks for a sign-in for this repository, or it is not there. Use a public address, or upload a zip.`);
  if (/not found|\b404\b/i.test(words)) return refused("git_url", `There is no repository at ${url.href.slice(0, 200)}.`);
  if (/\b30[1278]\b|redirect/i.test(words)) return refused("git_url", "The address leads elsewhere. Write the one that the browser shows in the end.");
  return refused("git_url", `git could not read ${url.href.slice(0, 200)}: ${words.trim().split("\n").at(-1)?.slice(0, 300) ?? "it gave no reason"}`);
}

const refused = (field: string, message: string) => invalid(message, [{ field, message }]);

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile()) size += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  }
  return size;
}
