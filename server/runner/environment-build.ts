import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { env } from "@/server/env";
import { buildDir, buildInside, buildUid, runBuild } from "./environment-run";
import type { WantedEnvironment } from "./environment-spec";
import { EnvironmentError } from "./environment-types";
import { explainUv } from "./environment-words";
import { installPlugin } from "./plugin";
import { handOver } from "./sandbox-identity";
import { inside, type Interpreter, type Tools } from "./sandbox-types";
import { walkTree } from "./walk-tree";

/** <dataDir>/envs/<key>: env/ (mounted at /env), lock.txt, about.json, and .complete, without which it does not count. */
export const envsDir = (): string => join(env().dataDir, "envs");
export type AboutEnvironment = { key: string; pythonVersion: string; packageCount: number; mounts: string[] };

export type BuildRequest = { specHash: string; wanted: WantedEnvironment; interpreter: Interpreter; tools: Tools; log: (text: string) => void; signal?: AbortSignal };

const resolveMs = 20 * 60_000;
const installMs = 60 * 60_000;
const compileMs = 5 * 60_000;

/**
 * Builds an environment beside its place and moves it there when it is whole: one that was interrupted never counts.
 *
 * @throws EnvironmentError that names file, line and mend.
 */
export async function buildEnvironment(request: BuildRequest): Promise<AboutEnvironment> {
  const { wanted, interpreter, tools, log } = request;
  const { uv } = tools;
  if (!uv) throw new EnvironmentError(`Environments cannot be built on this server: uv cannot be had. ${tools.reasons.uv ?? ""}`.trim());
  const id = randomBytes(8).toString("hex");
  const staging = join(buildDir(), id);
  const uid = await buildUid();
  const there = await buildInside();
  const uvInside = there === buildDir() ? uv : "/run/flowbook/uv";
  await mkdir(join(buildDir(), "cache"), { recursive: true });
  await mkdir(join(staging, "env"), { recursive: true });
  try {
    await writeFile(join(staging, "wanted.txt"), `${wanted.packages.map((p) => p.text).join("\n")}\n`);
    handOver(join(buildDir(), "cache"), uid);
    handOver(staging, uid);
    const base = interpreter.base.startsWith("/usr") ? [] : [interpreter.base];
    const runUv = async (args: string[], timeoutMs: number) => {
      const variables = { UV_CACHE_DIR: `${there}/cache`, UV_PYTHON_DOWNLOADS: "never", UV_NO_PROGRESS: "1", UV_HTTP_TIMEOUT: "120", UV_NO_BUILD: "1", NO_COLOR: "1" };
      const mounts = [...base.map((path) => ({ from: path, to: path })), { from: buildDir(), to: "/build", isWritable: true }, { from: uv, to: "/run/flowbook/uv" }];
      const { code, said } = await runBuild({ id, tools, argv: [uvInside, ...args], mounts, variables, hasRegistry: true, log, ...(request.signal ? { signal: request.signal } : {}), timeoutMs });
      if (code !== 0) throw explainUv(said, wanted, interpreter, tools.interpreters);
    };

    const at = `${there}/${id}`;
    await runUv(["pip", "compile", "--quiet", "--python", interpreter.path, "--generate-hashes", "--no-header", "--no-annotate", "-o", `${at}/lock.txt`, `${at}/wanted.txt`], resolveMs);
    const lock = await readFile(join(staging, "lock.txt"), "utf8");
    const key = createHash("sha256").update(request.specHash).update(lock).digest("hex").slice(0, 32);
    const about: AboutEnvironment = { key, pythonVersion: interpreter.version, packageCount: [...lock.matchAll(/^[A-Za-z0-9][\w.-]*==/gm)].length, mounts: base };
    if (existsSync(join(envsDir(), key, ".complete"))) return about;

    await runUv(["venv", "--quiet", "--allow-existing", "--relocatable", "--no-project", "--python", interpreter.path, `${at}/env`], resolveMs);
    await runUv(["pip", "sync", "--python", `${at}/env/bin/python`, "--require-hashes", "--allow-empty-requirements", `${at}/lock.txt`], installMs);
    const sitePackages = await sitePackagesOf(join(staging, "env"));
    await installPlugin(sitePackages);
    if (/^mlflow(-skinny|-tracing)?==/m.test(lock)) await compile(request, id, staging, sitePackages, base);
    await writeFile(join(staging, "about.json"), JSON.stringify(about));
    await writeFile(join(staging, ".complete"), "");
    await chmod(staging, 0o755);
    await rm(join(envsDir(), key), { recursive: true, force: true });
    await rename(staging, join(envsDir(), key));
    return about;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function sitePackagesOf(envDir: string): Promise<string> {
  const [name] = (await readdir(join(envDir, "lib"))).filter((n) => n.startsWith("python"));
  return join(envDir, "lib", name ?? "python3", "site-packages");
}

/** What nearly every step imports; each only if it is there. */
const imports = ["click", "requests", "numpy", "pandas", "matplotlib.pyplot", "sklearn.pipeline", "sklearn.ensemble", "mlflow", "mlflow.projects", "mlflow.tracking", "mlflow.sklearn", "mlflow.data"];

/**
 * Compiles what a step imports first, which takes seconds and could not be kept from a read-only environment. Package code runs here:
 * without a network, and with the environment read-only, as its files are hard links into the cache of all environments. What Python
 * writes goes to a folder aside and is copied in by us.
 */
async function compile({ tools, log, signal, interpreter }: BuildRequest, id: string, staging: string, sitePackages: string, base: string[]) {
  const there = await buildInside();
  const isPlain = there === buildDir();
  const side = join(staging, "compiled");
  await mkdir(side);
  handOver(side, await buildUid());
  log("Compiling\r\n");
  const script = `import importlib\nfor name in ${JSON.stringify(imports)}:\n    try:\n        importlib.import_module(name)\n    except Exception:\n        pass\n`;
  const envInside = isPlain ? join(staging, "env") : inside.env;
  await runBuild({
    id,
    tools,
    argv: [`${envInside}/bin/python`, "-c", script],
    mounts: [...base.map((path) => ({ from: path, to: path })), { from: join(staging, "env"), to: inside.env }, { from: side, to: "/compiled", isWritable: true }],
    // Older Pythons know no folder aside, and so compile nothing here.
    variables: { PYTHONPYCACHEPREFIX: isPlain ? side : "/compiled", MLFLOW_TRACKING_URI: "http://127.0.0.1:9", MPLCONFIGDIR: "/tmp" },
    hasRegistry: false,
    log: () => {},
    ...(signal ? { signal } : {}),
    timeoutMs: compileMs,
  }).catch((error) => {
    if (signal?.aborted) throw error;
    // A step only starts slower without.
    log(`Compiling for Python ${interpreter.version} was given up: ${error instanceof Error ? error.message : String(error)}\r\n`);
  });
  const prefix = `${envInside}/`.slice(1);
  const written = await walkTree(side, () => true, { fileBytes: () => 16 * 1024 ** 2, files: 20_000, totalBytes: 512 * 1024 ** 2 });
  for (const { path, bytes } of written.files) {
    if (!path.startsWith(prefix) || !path.endsWith(".pyc")) continue;
    const source = join(staging, "env", path.slice(prefix.length));
    const folder = join(dirname(source), "__pycache__");
    if (!source.startsWith(`${sitePackages}/`) || !existsSync(dirname(source))) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, basename(source)), bytes, { flag: "wx", mode: 0o644 }).catch(() => {});
  }
  await rm(side, { recursive: true, force: true });
}
