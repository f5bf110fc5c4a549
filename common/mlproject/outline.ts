import { checkEnvironment } from "./check-environment";
import { detectEnvironment } from "./detect-environment";
import { readEntryPoints } from "./entry-points";
import { lintCommands } from "./lint-command";
import { lintSources } from "./lint-sources";
import { missingMlproject } from "./missing-mlproject";
import { pipelineOrder } from "./pipeline-order";
import { Places } from "./places";
import { pythonStr } from "./python-str";
import { reportDuplicates } from "./report-duplicates";
import type { Outline, Problem, ProjectFile } from "./types";
import { entryOf, readYaml } from "./yaml-nodes";

/** The MLproject file in a project's root, whatever its letter case. */
export function findMlproject<T extends { path: string }>(files: readonly T[]): T | undefined {
  return files.find((file) => file.path === "MLproject") ?? files.find((file) => file.path.toLowerCase() === "mlproject");
}

/**
 * What a project's files declare, as MLflow 3.17 reads them, and everything that is wrong with it. Never throws for
 * what the files hold. Give the texts of the MLproject, the environment file and the scripts; other texts may be null.
 * Where the machine's Pythons are known (`3.11.7`), also which lines of the environment cannot be had there.
 */
export function readOutline(files: readonly ProjectFile[], { interpreters }: { interpreters?: readonly string[] } = {}): Outline {
  const outline = readDeclared(files);
  const environment = outline.envPath ? files.find((file) => file.path === outline.envPath)?.text : null;
  if (!interpreters || interpreters.length === 0 || !environment || !outline.envPath) return outline;
  const known = new Set(outline.problems.map(keyOf));
  const more = checkEnvironment({ kind: outline.envKind, path: outline.envPath, text: environment }, { interpreters });
  return { ...outline, problems: [...outline.problems, ...more.filter((problem) => !known.has(keyOf(problem)))] };
}

const keyOf = (problem: Problem) => `${problem.path} ${problem.line} ${problem.message}`;

function readDeclared(files: readonly ProjectFile[]): Outline {
  const problems: Problem[] = [];
  const file = findMlproject(files);
  if (!file) {
    const environment = detectEnvironment(null, null, files, problems);
    return { ...environment, entryPoints: [], problems: [...missingMlproject(files), ...problems] };
  }
  const outline: Outline = { envKind: "none", mlprojectPath: file.path, entryPoints: [], problems };
  if (file.text === null) {
    problems.push({ path: file.path, severity: "error", message: `${file.path} is not a text file in UTF-8. Replace it with one.` });
    return outline;
  }
  try {
    fillOutline(outline, file.path, file.text, files);
  } catch (error) {
    // Nested aliases can make a value as large as they like; everything else thrown is a bug.
    if (!(error instanceof RangeError)) throw error;
    problems.push({ path: file.path, severity: "error", line: 1, column: 1, message: `${file.path} holds a value that is too large to read. Remove the nested aliases.` });
  }
  return outline;
}

function fillOutline(outline: Outline, path: string, text: string, files: readonly ProjectFile[]): void {
  const { problems } = outline;
  const places = new Places(path, text);
  const yaml = readYaml(text);
  problems.push(...yaml.problems.map((problem) => places.problem("error", problem, problem.message)));
  if (yaml.problems.length > 0) return;
  if (!yaml.root) {
    problems.push(places.problem("error", { start: 0, end: 0 }, `${path} is empty. Write entry_points, with a command for each.`));
    return;
  }
  if (yaml.root.kind !== "map") {
    problems.push(places.problem("error", { start: yaml.root.start, end: yaml.root.start + 1 }, `${path} must be a mapping with keys such as name and entry_points.`));
    return;
  }
  reportDuplicates(yaml.root, places, problems, "key");
  for (const { key } of yaml.root.entries) {
    const meant = { entrypoints: "entry_points", entry_point: "entry_points", "entry-points": "entry_points", conda: "conda_env", condaenv: "conda_env", pythonenv: "python_env" }[pythonStr(key).toLowerCase()];
    if (meant && !entryOf(yaml.root, meant)) {
      problems.push(places.problem("warning", key, `MLflow does not know '${pythonStr(key)}' and ignores it. Did you mean ${meant}?`, { title: `Write ${meant}`, edits: [places.edit(key.start, key.end, meant)] }));
    }
  }
  const name = entryOf(yaml.root, "name");
  if (name && name.value.kind !== "null") outline.name = pythonStr(name.value);
  Object.assign(outline, detectEnvironment(yaml.root, places, files, problems));
  const sourced = readEntryPoints(yaml.root, places, new Set(files.map((file) => file.path)), problems);
  if (!entryOf(yaml.root, "entry_points")) {
    problems.push(places.problem("warning", { start: 0, end: 0 }, `${path} declares no entry_points, so only files can be run by their names. Add entry_points, with a command for each.`));
  }
  problems.push(...lintCommands(sourced, places));
  problems.push(...lintSources(sourced, places, files, outline));
  outline.entryPoints = pipelineOrder(sourced.map((each) => each.entryPoint), files, (entryPoint, message) => {
    const at = sourced.find((each) => each.entryPoint === entryPoint)?.nameNode ?? { start: 0, end: 0 };
    problems.push(places.problem("error", at, message));
  });
}
