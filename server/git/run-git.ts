import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { env } from "../env";
import { DomainError } from "../errors";

export type GitOptions = {
  /** The repository; absent for commands that make one. */
  gitDir?: string;
  input?: Readable | AsyncIterable<Buffer>;
  timeoutMs?: number;
  /** More output than this ends the program. */
  maxBytes?: number;
  /** `-c` settings beside ours. */
  config?: Record<string, string>;
  signal?: AbortSignal;
};

/** git ended with a failure; `stderr` is git's own words, its first 4000 characters. */
export class GitError extends Error {
  override readonly name = "GitError";
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly stderr: string,
  ) {
    super(`git ${command} ended with ${exitCode ?? "a signal"}: ${stderr.slice(0, 500)}`);
  }
}

const settings: Record<string, string> = {
  // Repositories may belong to the uid that an earlier start ran under.
  "safe.directory": "*",
  "core.hooksPath": "/dev/null",
  "core.fsync": "committed,loose-object",
  // One flush for all objects of a launch instead of one for each.
  "core.fsyncMethod": "batch",
  "gc.auto": "0",
  "protocol.allow": "never",
  "credential.helper": "",
  "core.askPass": "",
  "init.defaultBranch": "main",
  "advice.detachedHead": "false",
};

/** What git sees of our environment: where programs are and how the network is reached. Its own GIT_* variables come from here alone. */
function gitEnv(): Record<string, string> {
  const home = join(env().dataDir, "git");
  mkdirSync(home, { recursive: true });
  return {
    ...env().programEnv,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    LC_ALL: "C.UTF-8",
  };
}

/**
 * Runs git once and gives what it printed.
 *
 * @throws GitError when it fails, DomainError `unavailable` when it takes too long or git is not installed, `too_large` past maxBytes.
 */
export async function runGit(args: string[], options: GitOptions = {}): Promise<Buffer> {
  const { timeoutMs = 60_000, maxBytes = 512 * 1024 * 1024 } = options;
  const config = Object.entries({ ...settings, ...options.config }).flatMap(([k, v]) => ["-c", `${k}=${v}`]);
  const child = spawn("git", [...config, ...(options.gitDir ? ["--git-dir", options.gitDir] : []), ...args], {
    // Next's types make NODE_ENV a must; git has no use for it.
    env: gitEnv() as NodeJS.ProcessEnv,
    cwd: env().dataDir,
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that the transports git starts end with it.
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      child.kill("SIGKILL");
    }
  };
  const parts: Buffer[] = [];
  let size = 0;
  let stderr = "";
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    end();
  };
  const timer = setTimeout(() => fail(new DomainError("unavailable", `git took longer than ${timeoutMs / 1000} s and was stopped.`)), timeoutMs);
  const onAbort = () => fail(options.signal?.reason instanceof Error ? options.signal.reason : new Error("git was stopped"));
  options.signal?.addEventListener("abort", onAbort);
  child.stdout.on("data", (part: Buffer) => {
    size += part.length;
    if (size > maxBytes) fail(new DomainError("too_large", "git gave more than may be read at once."));
    else parts.push(part);
  });
  child.stderr.on("data", (part: Buffer) => {
    if (stderr.length < 4_000) stderr += part.toString("utf8");
  });
  // git may end before it has read everything; its exit says why.
  child.stdin.on("error", () => {});
  const feeding = feed(child.stdin, options.input).catch((error: Error) => fail(error));
  try {
    const exitCode = await new Promise<number | null>((done) => {
      child.on("error", (error: NodeJS.ErrnoException) => {
        failure ??= error.code === "ENOENT" ? new DomainError("unavailable", "The program git is not installed on the server. Install it (apt install git) and start Flowbook again.") : error;
        done(null);
      });
      child.on("close", (code) => done(code));
    });
    if (failure === undefined && exitCode === 0) await feeding;
    if (failure) throw failure;
    if (exitCode !== 0) throw new GitError(args[0] ?? "", exitCode, stderr.slice(0, 4_000));
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

async function feed(stdin: NodeJS.WritableStream, input: GitOptions["input"]): Promise<void> {
  if (input) {
    for await (const part of input as AsyncIterable<Buffer>) {
      if (!(stdin as { writable?: boolean }).writable) return;
      if (!stdin.write(part)) await new Promise<void>((next) => {
        stdin.once("drain", next);
        stdin.once("close", next);
      });
    }
  }
  stdin.end();
}
