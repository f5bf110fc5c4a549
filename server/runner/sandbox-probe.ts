import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { env } from "@/server/env";
import { makeCgroups, removeCgroups, sweepCgroups } from "./sandbox-cgroup";
import { sandboxCommand } from "./sandbox-command";
import { processEnv, stepEnv } from "./sandbox-env";
import { sandboxFiles } from "./sandbox-files";
import { handOver, stepUid } from "./sandbox-identity";
import { inside, type SandboxReport } from "./sandbox-types";
import { readTools } from "./tools";

let known: Promise<SandboxReport> | undefined;

/** What this machine can give, found out once in this process by running a real sandbox. */
export function describeSandbox(): Promise<SandboxReport> {
  known ??= probeSandbox();
  return known;
}

/** Looks again. Never throws: what is missing is in the report. */
export async function probeSandbox(): Promise<SandboxReport> {
  if (env().sandbox === "off") {
    return {
      mode: "off",
      words: "Steps run unprotected, with the server's own rights (FLOWBOOK_SANDBOX=off). Launch only code that you trust.",
      reason: "FLOWBOOK_SANDBOX is off. Remove it and start again to have steps isolated.",
      limits: { memory: "polled", processes: "none" },
    };
  }
  const tools = readTools();
  if (!tools.bwrap || !tools.launcher) {
    const [name, why] = tools.bwrap ? ["The sandbox's launcher", tools.reasons.launcher] : ["bubblewrap", tools.reasons.bwrap];
    return unavailable(`${name} cannot be had: ${why ?? "unknown"}`);
  }
  sweepCgroups();
  const cgroups = makeCgroups(`probe-${randomBytes(4).toString("hex")}`, { memoryBytes: 512 * 1024 ** 2, processes: 64 });
  try {
    const failure = await runProbe(cgroups.procsFiles);
    if (failure) return unavailable(failure);
    return {
      mode: "on",
      words: cgroups.hasMemory
        ? "Steps run isolated: their own files, no network but tracking and the checked way out, limits enforced."
        : "Steps run isolated: their own files, no network but tracking and the checked way out. Memory limits are checked once a second on this server.",
      reason: null,
      limits: { memory: cgroups.hasMemory ? "exact" : "polled", processes: "exact" },
    };
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  } finally {
    // The kernel holds a group for a moment after its last process.
    for (let attempt = 0; attempt < 10 && !removeCgroups(cgroups); attempt++) await new Promise((done) => setTimeout(done, 20));
  }
}

const unavailable = (reason: string): SandboxReport => ({
  mode: "unavailable",
  words: "No step can run on this server: it cannot isolate them.",
  reason: `${reason.replace(/[.\s]*$/, "")}. To run steps unprotected, with the server's rights, set FLOWBOOK_SANDBOX=off.`,
  limits: { memory: "none", processes: "none" },
});

/** Null when a step would see just what it should; else why not, in words. */
async function runProbe(cgroupProcsFiles: string[]): Promise<string | null> {
  const home = join(env().dataDir, "sandbox");
  mkdirSync(home, { recursive: true });
  const dir = mkdtempSync(join(home, "probe-"));
  try {
    const treeDir = join(dir, "tree");
    mkdirSync(treeDir);
    writeFileSync(join(treeDir, "seen"), "seen");
    chmodSync(dir, 0o700);
    const uid = stepUid("probe");
    handOver(treeDir, uid);
    const argv = sandboxCommand({
      tools: readTools(),
      uid,
      mounts: [{ from: treeDir, to: inside.project, isWritable: true }],
      ...sandboxFiles(),
      socketDir: null,
      relays: [],
      cwd: inside.project,
      // What it may: read and write its tree. What it may not: see the machine's files, make a namespace, write elsewhere.
      argv: ["/bin/sh", "-c", `cat seen && : > written && ! cat /etc/shadow 2>&- && ! ls ${quote(env().dataDir)} 2>&- && ! unshare -Ur true 2>&- && ! touch /usr/written /written 2>&- && echo :isolated`],
      cgroupProcsFiles,
      limits: { processes: 64, fileBytes: 1024 ** 3 },
    });
    const { code, out } = await run(argv, stepEnv({ trackingUri: "", hasEnvironment: false, hasEgress: false, extra: {} }));
    if (code === 0 && out === "seen:isolated\n") return null;
    return mend(out.trim() || `it ended with code ${code}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** bubblewrap's own words say what failed, not what to do. */
function mend(said: string): string {
  if (/No permissions to creat|Operation not permitted|setting up uid map: Permission denied/i.test(said)) {
    return `This machine forbids user namespaces (${said}). On Ubuntu 24.04 allow them for bwrap by an AppArmor profile; in Docker use the seccomp and AppArmor settings of docker-compose.yml; elsewhere set the sysctl kernel.unprivileged_userns_clone=1.`;
  }
  if (/No space left on device/i.test(said)) return `This machine allows no more user namespaces (${said}). Raise the sysctl user.max_user_namespaces.`;
  return `A trial sandbox did not work: ${said}.`;
}

function run(argv: string[], variables: Record<string, string>): Promise<{ code: number | null; out: string }> {
  return new Promise((done) => {
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: processEnv(variables), cwd: "/", timeout: 20_000, killSignal: "SIGKILL" });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out += chunk;
    });
    child.on("error", (error) => done({ code: -1, out: error.message }));
    child.on("close", (code) => done({ code, out }));
  });
}
