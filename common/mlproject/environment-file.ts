import { Places } from "./places";
import { pythonStr } from "./python-str";
import type { EnvKind, Problem } from "./types";
import { entryOf, readYaml, type YamlNode } from "./yaml-nodes";

export type EnvironmentFile = { kind: EnvKind; path: string; text: string };

/** One package that an environment asks for. */
export type Requirement = {
  /** Lower case, `-` for `_` and `.`, without extras or channel. */
  name: string;
  /** As written after the name: `==2.0.0`, `=1.2`, `>=1,<2`, or nothing. */
  spec: string;
  from: "conda" | "pip";
  /** The whole entry, as written. */
  text: string;
  /** Offsets of the entry in the file. */
  start: number;
  end: number;
};

export type EnvironmentSpec = {
  /** The interpreter asked for, such as `=3.6` or `>=3.10`; null when none is named. */
  python: { spec: string; start: number; end: number } | null;
  requirements: Requirement[];
  /** pip options and URLs (`-r file`, `--index-url …`, `git+https://…`), as written. */
  options: string[];
  channels: string[];
  problems: Problem[];
};

/** What an environment file asks for, and what in it is no package at all. */
export function readEnvironment(file: EnvironmentFile): EnvironmentSpec {
  const places = new Places(file.path, file.text);
  const spec: EnvironmentSpec = { python: null, requirements: [], options: [], channels: [], problems: [] };
  if (file.kind === "requirements") {
    readRequirementLines(file.text, places, spec);
    return spec;
  }
  const { root, problems } = readYaml(file.text);
  spec.problems.push(...problems.map((problem) => places.problem("error", problem, problem.message)));
  if (problems.length > 0) return spec;
  if (root?.kind !== "map") {
    spec.problems.push(places.problem("error", { start: 0, end: 0 }, `${file.path} names nothing. Write dependencies, with a list of packages.`));
    return spec;
  }
  if (file.kind === "conda") readConda(root, places, spec);
  else readPythonEnv(root, places, spec);
  return spec;
}

function readConda(root: YamlNode, places: Places, spec: EnvironmentSpec): void {
  const channels = entryOf(root, "channels")?.value;
  if (channels?.kind === "list") spec.channels = channels.items.map(pythonStr);
  for (const node of itemsOf(root, "dependencies", places, spec)) {
    if (node.kind === "map") {
      for (const { key, value } of node.entries) {
        if (pythonStr(key) !== "pip") spec.problems.push(places.problem("error", key, `'${pythonStr(key)}:' holds no packages here. Only pip: may, with a list under it.`));
        else if (value.kind === "list") for (const item of value.items) addPip(item, places, spec);
        else if (value.kind !== "null") spec.problems.push(places.problem("error", value, "pip: is a list. Write each package on its own line, after a dash."));
      }
      continue;
    }
    const text = pythonStr(node);
    const match = /^(?:([\w.-]+|https?:\/\/\S+)::)?([A-Za-z_][\w.-]*)\s*(.*)$/.exec(text);
    if (!match || node.kind !== "str" || (match[3] && !/^[=<>!~ \d*]/.test(match[3]))) {
      addBadPackage(node, text, places, spec);
      continue;
    }
    const [, , name = "", version = ""] = match;
    if (name.toLowerCase() === "python") spec.python = { spec: version.replaceAll(" ", ""), start: node.start, end: node.end };
    else spec.requirements.push({ name: normalName(name), spec: version.trim(), from: "conda", text, start: node.start, end: node.end });
  }
}

function readPythonEnv(root: YamlNode, places: Places, spec: EnvironmentSpec): void {
  const python = entryOf(root, "python")?.value;
  if (python && python.kind !== "null") {
    const written = places.text.slice(python.start, python.end);
    if (python.kind === "float" && pythonStr(python) !== written) {
      spec.problems.push(
        places.problem("error", python, `YAML reads ${written} as the number ${pythonStr(python)}. Put the version in quotes.`, { title: `Write "${written}"`, edits: [places.edit(python.start, python.end, `"${written}"`)] }),
      );
    }
    const version = python.kind === "float" ? written : pythonStr(python);
    spec.python = { spec: /^\d/.test(version) ? `=${version}` : version, start: python.start, end: python.end };
  }
  for (const key of ["build_dependencies", "dependencies"]) for (const node of itemsOf(root, key, places, spec)) addPip(node, places, spec);
}

function itemsOf(root: YamlNode, key: string, places: Places, spec: EnvironmentSpec): YamlNode[] {
  const node = entryOf(root, key)?.value;
  if (!node || node.kind === "null") return [];
  if (node.kind === "list") return node.items;
  spec.problems.push(places.problem("error", node, `${key} is a list. Write each package on its own line, after a dash.`));
  return [];
}

function addPip(node: YamlNode, places: Places, spec: EnvironmentSpec): void {
  if (node.kind !== "str") addBadPackage(node, pythonStr(node), places, spec);
  else addPipText(node.value, node, places, spec);
}

function addPipText(text: string, node: { start: number; end: number }, places: Places, spec: EnvironmentSpec): void {
  const line = text.replace(/(?:^|\s)#.*$/, "").trim();
  if (line === "") return;
  if (line.startsWith("-") || /^(?:git\+|https?:|file:|\.{1,2}\/|\/)/.test(line) || /\.(?:whl|tar\.gz|zip)$/.test(line) || line === ".") {
    spec.options.push(line);
    return;
  }
  const match = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(@\s*\S.*|\(?(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^;,\s)=<>!~]+\s*,?\s*)*\)?)?\s*(?:;.*)?$/.exec(line.replace(/\s+/g, " "));
  if (!match) addBadPackage(node, text, places, spec);
  else spec.requirements.push({ name: normalName(match[1] ?? ""), spec: (match[2] ?? "").replace(/\s/g, ""), from: "pip", text: line, start: node.start, end: node.end });
}

function readRequirementLines(text: string, places: Places, spec: EnvironmentSpec): void {
  for (const match of text.matchAll(/[^\r\n]+/g)) {
    const line = match[0].replace(/(?:^|\s)#.*$/, "").replace(/(?<!\s)\s+(?:\\|--hash=\S+(?:\s+(?:\\|--hash=\S+))*)$/, "").trimEnd();
    const start = match.index + (line.length - line.trimStart().length);
    if (line.trim()) addPipText(line.trim(), { start, end: match.index + line.length }, places, spec);
  }
}

function addBadPackage(node: { start: number; end: number }, text: string, places: Places, spec: EnvironmentSpec): void {
  const { line } = places.at(node.start);
  const isOwnLine = /^\s*(?:-\s+)?\S+\s*(?:#.*)?$/.test(places.line(line));
  const fix = isOwnLine ? { title: "Remove the line", edits: [places.edit(places.lineStart(line), places.lineStart(line + 1), "")] } : undefined;
  const message = /^\.{2,}$|^…$/.test(text)
    ? `'${text}' is no package: it stands for something left out. Name the packages, or remove the line.`
    : /^[\w.-]+==?\s*$/.test(text) ? `'${text}' names no version after the equals sign. Write one, or only the name.`
    : `'${text}' is no package that can be installed. Write a name, and after it a version such as ==1.2.3.`;
  spec.problems.push(places.problem("error", node, message, fix));
}

export const normalName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");
