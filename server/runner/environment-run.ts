import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { env } from "@/server/env";
import { openGate } from "./proxy";
import { sandboxCommand, type SandboxMount } from "./sandbox-command";
import { egressPort, operatorCertificates, processEnv } from "./sandbox-env";
import { sandboxFiles } from "./sandbox-files";
import { stepUid } from "./sandbox-identity";
import { describeSandbox } from "./sandbox-probe";
import type { PackageSettings, Tools } from "./sandbox-types";

/*
 * Programs of the build phase. They run in a sandbox of their own, under a uid of their own, with no secret, no tracking, and no way
 * out but to package registries. uv takes wheels only, so no package's code runs while the shared cache can be written; what runs it
 * afterwards (one import, to compile it) sees the environment read-only.
 */

/** Folder that the build phase may write, /build inside: uv's cache and what is being built, one mount so that hard links work. */
export const buildDir = (): string => join(env().dataDir, "envs", "build");

/** What a build-phase program calls the folder: itself without a sandbox. */
export const buildInside = async (): Promise<string> => ((await describeSandbox()).mode === "off" ? buildDir() : "/build");

/** The uid that builds; null when we are not root, or nothing is dropped. */
export const buildUid = async (): Promise<number | null> => ((await describeSandbox()).mode === "off" ? null : stepUid("environments"));

export type BuildCommand = {
  id: string;
  tools: Tools;
  argv: string[];
  mounts: SandboxMount[];
  variables: Record<string, string>;
  hasRegistry: boolean;
  log: (text: string) => void;
  signal?: AbortSignal;
  timeoutMs: number;
};

/** Runs it to its end. @returns its exit code and what it said. @throws the signal's reason when aborted. */
export async function runBuild(c: BuildCommand): Promise<{ code: number | null; said: string }> {
  c.signal?.throwIfAborted();
  const report = await describeSandbox();
  if (report.mode === "unavailable") throw new Error(report.reason ?? report.words);
  const settings = packageVariables(c.tools.packages);
  if (report.mode === "off") {
    return run(c.argv, { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: buildDir(), LANG: "C.UTF-8", ...(c.hasRegistry ? settings.variables : {}), ...c.variables }, c);
  }
  const uid = await buildUid();
  const gateDir = join(env().dataDir, "envs", "gates", c.id);
  mkdirSync(gateDir, { recursive: true });
  const gate = c.hasRegistry ? await openGate(join(gateDir, "egress.sock"), { jobId: `environment ${c.id}`, policy: "build", hosts: settings.hosts }, uid) : null;
  try {
    const argv = sandboxCommand({
      tools: c.tools,
      uid,
      mounts: [...c.mounts, ...(c.hasRegistry ? settings.mounts : [])],
      ...sandboxFiles(),
      socketDir: gate ? gateDir : null,
      relays: gate ? [{ port: egressPort, socket: "egress.sock" }] : [],
      cwd: "/tmp",
      argv: c.argv,
      cgroupProcsFiles: [],
      limits: { processes: 2048, fileBytes: 64 * 1024 ** 3, tmpBytes: 4 * 1024 ** 3 },
    });
    const proxy = `http://127.0.0.1:${egressPort}`;
    const variables = {
      PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/home/user", LANG: "C.UTF-8", TMPDIR: "/tmp",
      ...(gate ? { ...settings.variables, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy } : {}),
      ...c.variables,
    };
    return await run(argv, variables, c);
  } finally {
    await gate?.close();
    rmSync(gateDir, { recursive: true, force: true });
  }
}

/** The operator's own registry: its addresses for uv, its hosts for the proxy, its local folders and certificates as mounts. */
function packageVariables(settings: PackageSettings): { variables: Record<string, string>; hosts: { host: string; port: number }[]; mounts: SandboxMount[] } {
  const { indexUrl, extraIndexUrls, findLinks, trustedHosts, uvConfig } = settings;
  const mounts: SandboxMount[] = [];
  const folders = findLinks.map((link) => link.replace(/^file:\/\//, "")).filter((link) => link.startsWith("/") && existsSync(link) && (!statSync(link).isDirectory() || readdirSync(link).length > 0));
  for (const folder of folders) mounts.push({ from: folder, to: folder });
  const certificates = operatorCertificates(settings);
  if (certificates?.isHidden) mounts.push({ from: certificates.file, to: certificates.file });
  const hasConfig = uvConfig !== null && existsSync(uvConfig);
  if (hasConfig) mounts.push({ from: uvConfig, to: "/etc/uv.toml" });
  const addresses = [indexUrl ?? "", ...extraIndexUrls, ...findLinks, ...(hasConfig ? (readFileSync(uvConfig, "utf8").match(/https?:\/\/[^\s"']+/g) ?? []) : [])];
  const hosts = addresses.flatMap((address) => {
    // uv's own notation for a named index: name=https://…
    const url = /https?:\/\/\S+/.exec(address)?.[0];
    if (!url || !URL.canParse(url)) return [];
    const { hostname, port, protocol } = new URL(url);
    return [{ host: hostname.toLowerCase(), port: port ? Number(port) : protocol === "https:" ? 443 : 80 }];
  });
  const links = [...findLinks.filter((link) => /^https?:/.test(link)), ...folders];
  return {
    variables: {
      ...(indexUrl ? { UV_DEFAULT_INDEX: indexUrl } : {}),
      ...(extraIndexUrls.length > 0 ? { UV_INDEX: extraIndexUrls.join(" ") } : {}),
      ...(links.length > 0 ? { UV_FIND_LINKS: links.join(",") } : {}),
      ...(trustedHosts.length > 0 ? { UV_INSECURE_HOST: trustedHosts.join(" ") } : {}),
      ...(certificates ? { SSL_CERT_FILE: certificates.file } : {}),
      ...(hasConfig ? { UV_CONFIG_FILE: "/etc/uv.toml" } : { UV_NO_CONFIG: "1" }),
    },
    hosts: [...hosts, { host: "pypi.org", port: 443 }, { host: "files.pythonhosted.org", port: 443 }],
    mounts,
  };
}

function run(argv: string[], variables: Record<string, string>, { log, signal, timeoutMs }: Pick<BuildCommand, "log" | "signal" | "timeoutMs">): Promise<{ code: number | null; said: string }> {
  return new Promise((done, fail) => {
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { cwd: "/", env: processEnv(variables), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let hasTimedOut = false;
    const kill = () => child.kill("SIGKILL");
    const timer = setTimeout(() => {
      hasTimedOut = true;
      kill();
    }, timeoutMs);
    signal?.addEventListener("abort", kill, { once: true });
    const take = (chunk: Buffer) => {
      const text = chunk.toString();
      if (said.length < 200_000) said += text;
      log(text.replaceAll(/\r?\n/g, "\r\n"));
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.on("error", fail);
    child.on("close", (code) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
      if (signal?.aborted) fail(signal.reason);
      else if (hasTimedOut) fail(new Error(`it took longer than ${Math.round(timeoutMs / 60_000)} minutes`));
      else done({ code, said });
    });
  });
}
