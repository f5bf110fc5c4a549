import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { inside, type Tools } from "./sandbox-types";

/*
 * The command line of a sandbox: [launcher outer: mounts, control groups, limits, uid dropped, filter] → bubblewrap with nothing but
 * the listed binds → [launcher inner: relays, foreground group] → the command.
 */

export type SandboxMount = { from: string; to: string; isWritable?: boolean };

export type SandboxCommand = {
  tools: Tools;
  /** Null: as the user we are. As root a uid must be given: what root starts stays root on the machine's own files. */
  uid: number | null;
  /** Beside /usr and the machine's certificates. */
  mounts: SandboxMount[];
  /** Folder of our own passwd, group, hosts and nsswitch.conf. */
  etcDir: string;
  seccompFile: string;
  /** Folder that holds the sockets that relays lead to; seen as /run/ws. */
  socketDir: string | null;
  /** 127.0.0.1:port inside → socket's name in socketDir. */
  relays: { port: number; socket: string }[];
  cwd: string;
  argv: string[];
  cgroupProcsFiles: string[];
  limits: { processes: number; fileBytes: number; /** RLIMIT_AS: for lack of anything better. */ addressSpaceBytes?: number; tmpBytes?: number };
};

const MiB = 1024 * 1024;
const launcherInside = "/run/flowbook/launcher";

/**
 * The argv that runs a command in a sandbox. The environment is the one it is started with: it is not part of the command line, which
 * every user of the machine can read.
 *
 * @throws Error when a tool is missing.
 */
export function sandboxCommand(c: SandboxCommand): string[] {
  const { bwrap, launcher, bwrapRoot } = c.tools;
  if (!bwrap || !launcher) throw new Error("bubblewrap or the launcher is missing");

  // As root everything is reached through /run/flowbook/<n>: a dropped uid cannot cross a 0700 folder such as /root.
  const sources: string[] = [];
  const reach = (path: string): string => {
    if (c.uid === null) return path;
    const known = sources.indexOf(path);
    if (known >= 0) return `/run/flowbook/${known}`;
    sources.push(path);
    return `/run/flowbook/${sources.length - 1}`;
  };
  const bind = (from: string, to: string, isWritable = false) => [isWritable ? "--bind" : "--ro-bind", reach(realpathSync(from)), to];

  const program = bwrapRoot ? join(reach(realpathSync(bwrapRoot)), relative(bwrapRoot, bwrap)) : bwrap.startsWith("/usr/") ? bwrap : reach(realpathSync(bwrap));
  const args = [
    program,
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try", "--disable-userns", "--assert-userns-disabled",
    "--die-with-parent", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--seccomp", "9",
    "--ro-bind", "/usr", "/usr", ...topLevel(),
    "--dir", "/etc", ...etcFiles(),
    ...["passwd", "group", "hosts", "nsswitch.conf"].flatMap((name) => bind(join(c.etcDir, name), `/etc/${name}`)),
    "--proc", "/proc", "--dev", "/dev",
    "--perms", "1777", "--size", String(512 * MiB), "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
    "--perms", "1777", "--size", String(c.limits.tmpBytes ?? 1024 * MiB), "--tmpfs", "/tmp",
    "--dir", "/var", "--symlink", "/tmp", "/var/tmp", "--dir", "/home", "--perms", "700", "--size", String(256 * MiB), "--tmpfs", inside.home,
    ...c.mounts.flatMap((m) => bind(m.from, m.to, m.isWritable)),
    ...(c.socketDir ? bind(c.socketDir, "/run/ws") : []),
    ...bind(launcher, launcherInside),
    "--chdir", c.cwd, "--remount-ro", "/",
    "--", launcherInside, "inner", ...c.relays.flatMap((r) => ["--relay", String(r.port), `/run/ws/${r.socket}`]), "--nproc", String(c.limits.processes), "--", ...c.argv,
  ];
  const limits: [string, number | undefined][] = [["core", 0], ["nofile", 8192], ["fsize", c.limits.fileBytes], ["as", c.limits.addressSpaceBytes]];
  return [
    launcher, "outer",
    ...sources.flatMap((path) => ["--mount", path]),
    ...c.cgroupProcsFiles.flatMap((file) => ["--cgroup", file]),
    ...(c.uid === null ? [] : ["--uid", String(c.uid)]),
    ...limits.flatMap(([name, value]) => (value === undefined ? [] : ["--rlimit", name, String(value)])),
    "--seccomp", c.seccompFile,
    "--", ...args,
  ];
}

/** /bin and the like are links into /usr nearly everywhere; where they are folders, they are shown as such. */
function topLevel(): string[] {
  return ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => {
    const path = `/${name}`;
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (!info) return [];
    return info.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  });
}

/** What programs need of the machine's own settings and none of its secrets: libraries, time zone, certificates, fonts. */
function etcFiles(): string[] {
  const wanted = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "mime.types", "magic", "fonts", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust/extracted", "ca-certificates"];
  return wanted.map((name) => `/etc/${name}`).filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind-try", path, path]);
}
