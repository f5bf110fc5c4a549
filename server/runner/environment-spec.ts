import { posix } from "node:path";
import { type EnvironmentFile, type EnvironmentSpec, type Outline, readEnvironment } from "@/common/mlproject";
import { EnvironmentError } from "./environment-types";
import { readTreeText } from "./environment-read";

/** One package in pip's words, and where it is asked for. */
export type WantedPackage = { name: string; text: string; path: string; line: number };

export type WantedEnvironment = {
  /** Such as `=3.6` or `>=3.10`; null: any. */
  python: { spec: string; path: string; line: number } | null;
  packages: WantedPackage[];
  /** What was read otherwise than written, for the log. */
  notes: string[];
  /** The file it comes from, for words; null: none. */
  path: string | null;
};

/** conda's name → PyPI's, where they differ among what data projects use. */
const pypiNames: Record<string, string> = {
  pytorch: "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch", tables: "tables", pytables: "tables", opencv: "opencv-python", "py-opencv": "opencv-python", "msgpack-python": "msgpack",
  "matplotlib-base": "matplotlib", "seaborn-base": "seaborn", "dask-core": "dask", "python-graphviz": "graphviz", "py-xgboost": "xgboost", "xgboost-cpu": "xgboost", "tensorflow-base": "tensorflow",
  "python-dateutil": "python-dateutil", "ruamel-yaml": "ruamel.yaml", "importlib_metadata": "importlib-metadata", "pyspark-base": "pyspark", "ipython-core": "ipython", "jupyterlab-server": "jupyterlab-server", "python-tzdata": "tzdata", "brotli-python": "brotli",
};

/** Not on PyPI: compilers, drivers, other languages. */
const notPython = /^(?:cuda.*|cudatoolkit|cudnn|nccl|gcc.*|gxx.*|clang.*|libgcc.*|libstdcxx.*|libgomp|openjdk|java-jdk|r|r-.*|nodejs|git|cmake|make|mkl|mkl-.*|blas|openblas|libblas|openssl|ca-certificates|sqlite|zlib|ncurses|readline|tk|xz|ffmpeg|graphviz|pandoc|_.*)$/;

const ignoredOptions = /^(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host|--no-index|--pre|--no-binary|--only-binary|--prefer-binary|--use-feature)(?:[ =]|$)/;

/**
 * What a project's environment file asks for, ready for uv.
 *
 * @throws EnvironmentError that names file, line and mend.
 */
export async function readWantedEnvironment(treeDir: string, outline: Pick<Outline, "envKind" | "envPath">): Promise<WantedEnvironment> {
  if (outline.envKind === "docker") {
    throw new EnvironmentError("MLproject names a docker_env, and steps do not run in Docker images here. Name a python_env or conda_env instead.", { path: "MLproject" });
  }
  const wanted: WantedEnvironment = { python: null, packages: [], notes: [], path: outline.envPath ?? null };
  if (outline.envKind === "none" || !outline.envPath) return wanted;
  await addFile(treeDir, outline.envPath, outline.envKind, wanted, 0);
  return wanted;
}

async function addFile(treeDir: string, path: string, kind: EnvironmentFile["kind"], wanted: WantedEnvironment, depth: number, asker?: { path: string; line: number }) {
  const text = await readTreeText(treeDir, path);
  if (text === null) {
    const place = asker ? `${asker.path} line ${asker.line}: ` : "";
    throw new EnvironmentError(`${place}there is no readable file '${path}' in the project. Add it, or remove the line that names it.`, asker ?? { path });
  }
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const spec = readEnvironment({ kind, path, text });
  const error = spec.problems.find((p) => p.severity === "error");
  if (error) throw new EnvironmentError(`${path}${error.line ? ` line ${error.line}` : ""}: ${error.message}`, { path, ...(error.line ? { line: error.line } : {}) });
  if (spec.python && !wanted.python) wanted.python = { spec: spec.python.spec, path, line: lineAt(spec.python.start) };
  addPackages(spec, path, lineAt, wanted);
  for (const option of spec.options) {
    const line = lineAt(Math.max(0, text.indexOf(option)));
    const included = /^(?:-r|--requirement)[ =]?\s*(\S+)$/.exec(option)?.[1];
    if (included) {
      if (depth >= 5) throw new EnvironmentError(`${path} line ${line}: files include each other more than five deep.`, { path, line });
      const target = included.startsWith("/") ? included : posix.normalize(posix.join(posix.dirname(path), included));
      await addFile(treeDir, target, "requirements", wanted, depth + 1, { path, line });
    } else if (ignoredOptions.test(option)) {
      wanted.notes.push(`${path} line ${line}: '${clip(option)}' is not used; packages come from this server's registry, ready built.`);
    } else {
      throw new EnvironmentError(`${path} line ${line}: '${clip(option)}' cannot be installed here: environments take ready-built packages by name. Name a released package, or put the code into the project.`, { path, line });
    }
  }
}

function addPackages(spec: EnvironmentSpec, path: string, lineAt: (offset: number) => number, wanted: WantedEnvironment) {
  for (const requirement of spec.requirements) {
    const line = lineAt(requirement.start);
    if (requirement.from === "pip") {
      if (requirement.spec.startsWith("@")) {
        throw new EnvironmentError(`${path} line ${line}: '${clip(requirement.text)}' names an address. Environments take ready-built packages by name: write ${requirement.name} and a version.`, { path, line });
      }
      wanted.packages.push({ name: requirement.name, text: requirement.text, path, line });
      continue;
    }
    if (notPython.test(requirement.name)) {
      wanted.notes.push(`${path} line ${line}: ${requirement.name} is left out; it is no Python package and cannot be had from a Python registry.`);
      continue;
    }
    const name = pypiNames[requirement.name] ?? requirement.name;
    const version = pipVersion(requirement.spec);
    if (version === null) {
      throw new EnvironmentError(`${path} line ${line}: the version '${clip(requirement.spec)}' of ${requirement.name} is conda's own grammar. Write it like >=1.2,<2 or ==1.2.3.`, { path, line });
    }
    if (name !== requirement.name) wanted.notes.push(`${path} line ${line}: ${requirement.name} is called ${name} in the Python registry.`);
    wanted.packages.push({ name, text: `${name}${version}`, path, line });
  }
}

/** conda's `=1.2` is pip's `==1.2.*`; a build string has no counterpart. */
export function pipVersion(spec: string): string | null {
  const text = spec.replaceAll(/\s+/g, spec.includes("=") || spec.includes(">") || spec.includes("<") ? "" : " ").trim();
  if (text === "" || text === "*") return "";
  const fuzzy = /^=?(\d[\w.!+]*?)(\.\*)?(?:[= ]\S+)?$/.exec(text);
  if (fuzzy) {
    const hasBuild = /^=?\d[\w.!+*]*[= ]\S+$/.test(text);
    return hasBuild ? `==${fuzzy[1]}` : `==${fuzzy[1]}.*`;
  }
  const parts = text.split(",");
  if (!parts.every((part) => /^(?:==|!=|<=|>=|<|>|~=)\d[\w.!+]*(?:\.\*)?$/.test(part))) return null;
  return parts.map((part) => (/^[<>]=?.*\.\*$/.test(part) ? part.replace(/\.\*$/, "") : part)).join(",");
}

const clip = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
