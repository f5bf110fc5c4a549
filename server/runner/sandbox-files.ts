import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { env } from "@/server/env";
import { seccompProgram } from "./sandbox-seccomp";

/* The few files that every sandbox shows as its /etc, and its system call filter: <dataDir>/sandbox. */

const etc = {
  passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nuser:x:1000:1000:user:/home/user:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
  group: "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost sandbox\n::1 localhost\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
};

export type SandboxFiles = { etcDir: string; seccompFile: string };

let made: (SandboxFiles & { dataDir: string }) | undefined;

/** @throws Error for a processor without a filter. */
export function sandboxFiles(): SandboxFiles {
  const { dataDir } = env();
  if (made?.dataDir === dataDir) return made;
  const dir = join(dataDir, "sandbox");
  const etcDir = join(dir, "etc");
  mkdirSync(etcDir, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(etc)) replace(join(etcDir, name), text);
  const seccompFile = join(dir, `seccomp-${process.arch}.bpf`);
  replace(seccompFile, seccompProgram());
  made = { dataDir, etcDir, seccompFile };
  return made;
}

function replace(path: string, content: string | Buffer) {
  const staging = `${path}.${randomBytes(4).toString("hex")}`;
  writeFileSync(staging, content, { mode: 0o644 });
  renameSync(staging, path);
}
