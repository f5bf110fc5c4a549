import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AboutEnvironment, buildEnvironment, envsDir } from "./environment-build";
import { chooseInterpreter } from "./environment-python";
import { buildDir } from "./environment-run";
import { readWantedEnvironment, type WantedEnvironment } from "./environment-spec";
import { EnvironmentError, type EnvironmentRequest, type PreparedEnvironment } from "./environment-types";
import { pluginKey } from "./plugin";
import { describeSandbox } from "./sandbox-probe";
import { inside, type Interpreter } from "./sandbox-types";
import { readTools } from "./tools";

/** Changes when environments are made in another way. */
const recipe = "1";
const running = new Map<string, Promise<AboutEnvironment>>();
let isSwept = false;

/**
 * The environment that a project's files ask for, built once and kept by content. Null for `local`: the machine's own programs.
 * Callers that want the same one wait for one build. What was found for a file stays found until the file changes.
 *
 * @throws EnvironmentError that names file, line and mend; the signal's reason when aborted.
 */
export async function prepareEnvironment({ treeDir, outline, envManager, log, signal }: EnvironmentRequest): Promise<PreparedEnvironment | null> {
  if (envManager === "local") return null;
  await sweep();
  const wanted = await readWantedEnvironment(treeDir, outline);
  const tools = readTools();
  const interpreter = chooseInterpreter(wanted, tools.interpreters);
  const specHash = await hashOf(wanted, interpreter);

  const known = await find(specHash, interpreter);
  if (known) {
    log(`\x1b[2mEnvironment: ${titleOf(wanted)}, Python ${known.pythonVersion}, ${packages(known.packageCount)}, ready\x1b[0m\r\n`);
    return prepared(known, true);
  }
  log(`\x1b[2mEnvironment: ${titleOf(wanted)}, Python ${interpreter.version}\x1b[0m\r\n`);
  for (const note of wanted.notes) log(`\x1b[33m${note}\x1b[0m\r\n`);
  for (;;) {
    signal?.throwIfAborted();
    const other = running.get(specHash);
    if (!other) break;
    log("\x1b[2mIt is being built for another job; waiting for it\x1b[0m\r\n");
    try {
      return prepared(await withSignal(other, signal), false);
    } catch (error) {
      // Stopped with the job that built it: ours goes on and builds it itself.
      if (error instanceof EnvironmentError) throw error;
    }
  }
  const build = underLock(specHash, signal, async () => {
    const meanwhile = await find(specHash, interpreter);
    if (meanwhile) return meanwhile;
    const about = await buildEnvironment({ specHash, wanted, interpreter, tools, log, ...(signal ? { signal } : {}) });
    await remember(specHash, about.key);
    return about;
  });
  running.set(specHash, build);
  try {
    const about = await build;
    log(`\x1b[2mEnvironment ready: ${packages(about.packageCount)}\x1b[0m\r\n`);
    return prepared(about, false);
  } catch (error) {
    if (error instanceof EnvironmentError || signal?.aborted) throw error;
    throw new EnvironmentError(`The environment could not be built: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    running.delete(specHash);
  }
}

const packages = (count: number) => `${count} package${count === 1 ? "" : "s"}`;
const titleOf = (wanted: WantedEnvironment) => wanted.path ?? "none declared";

async function prepared(about: AboutEnvironment, isWarm: boolean): Promise<PreparedEnvironment> {
  const envDir = join(envsDir(), about.key, "env");
  const isPlain = (await describeSandbox()).mode === "off";
  return { envDir, pythonPath: `${isPlain ? envDir : inside.env}/bin/python`, key: about.key, packageCount: about.packageCount, pythonVersion: about.pythonVersion, mounts: about.mounts, isWarm };
}

async function hashOf(wanted: WantedEnvironment, interpreter: Interpreter): Promise<string> {
  const spec = { recipe, packages: wanted.packages.map((p) => p.text).sort(), interpreter: interpreter.id, base: interpreter.base, platform: `${process.platform}-${process.arch}`, plugin: await pluginKey() };
  return createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 32);
}

const specFile = (specHash: string) => join(envsDir(), "specs", `${specHash}.json`);

async function find(specHash: string, interpreter: Interpreter): Promise<AboutEnvironment | null> {
  try {
    const { key } = JSON.parse(await readFile(specFile(specHash), "utf8")) as { key: string };
    const dir = join(envsDir(), key);
    if (!existsSync(join(dir, ".complete")) || !existsSync(interpreter.path)) return null;
    return JSON.parse(await readFile(join(dir, "about.json"), "utf8")) as AboutEnvironment;
  } catch {
    return null;
  }
}

async function remember(specHash: string, key: string) {
  await mkdir(join(envsDir(), "specs"), { recursive: true });
  await writeFile(`${specFile(specHash)}.new`, JSON.stringify({ key }));
  await rename(`${specFile(specHash)}.new`, specFile(specHash));
}

/** One build of a kind on this data folder, whatever the number of processes. A lock whose owner is gone is taken over. */
async function underLock<T>(specHash: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  const lock = join(envsDir(), "locks", specHash);
  await mkdir(join(envsDir(), "locks"), { recursive: true });
  for (;;) {
    signal?.throwIfAborted();
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isOwnerGone(lock)) await rm(lock, { recursive: true, force: true });
    else await new Promise((done) => setTimeout(done, 200));
  }
  try {
    await writeFile(join(lock, "owner"), await ownStamp());
    return await act();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Pid and start time: pids are used again. */
async function ownStamp(pid: number | string = process.pid): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return `${pid} ${text.slice(text.lastIndexOf(")") + 2).split(" ")[19]}`;
}

async function isOwnerGone(lock: string): Promise<boolean> {
  try {
    const owner = await readFile(join(lock, "owner"), "utf8");
    return (await ownStamp(owner.split(" ")[0]).catch(() => "")) !== owner;
  } catch {
    // Not written yet, or its owner died before it could.
    return stat(lock).then((info) => Date.now() - info.mtimeMs > 10_000, () => false);
  }
}

/** What a killed build left. Once, before the first: a runner is alone on its data folder. */
async function sweep() {
  if (isSwept) return;
  isSwept = true;
  for (const name of await readdir(buildDir()).catch(() => [])) if (name !== "cache") await rm(join(buildDir(), name), { recursive: true, force: true });
  await rm(join(envsDir(), "gates"), { recursive: true, force: true });
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((done, fail) => {
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(done, fail).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
