import { placeInCommand } from "./command-place";
import type { SourcedEntryPoint } from "./entry-points";
import { readEnvironment } from "./environment-file";
import { lintEllipsis, lintImports } from "./lint-imports";
import { lintWrongRun } from "./lint-wrong-run";
import { nearest } from "./nearest";
import { Places } from "./places";
import { launchCalls } from "./python-launches";
import { scriptOptions } from "./python-options";
import { type PythonSource, readPython } from "./python-tokens";
import { type ScriptCall, scriptCalls } from "./source-file";
import type { Outline, Problem, ProjectFile } from "./types";

/** What does not fit between the MLproject, the scripts its commands run, and the environment file. */
export function lintSources(sourced: readonly SourcedEntryPoint[], mlproject: Places, files: readonly ProjectFile[], outline: Pick<Outline, "envKind" | "envPath">): Problem[] {
  const problems: Problem[] = [];
  const sources = new Map<string, { source: PythonSource; places: Places }>();
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const each of sourced) {
    // After `cd` or in another folder a path means something else.
    if (/(?:^|[\s;&|(])(?:cd|pushd)\s/.test(each.entryPoint.command)) continue;
    for (const call of scriptCalls(each.entryPoint.command)) {
      const file = byPath.get(call.path);
      if (!file && call.isModule) continue;
      if (!file) problems.push(...missingFile(each, call, mlproject, files));
      else if (file.text !== null && call.path.endsWith(".py")) {
        const known = sources.get(call.path) ?? { source: readPython(file.text), places: new Places(call.path, file.text) };
        sources.set(call.path, known);
        problems.push(...lintOptions(each, call, known.source, mlproject));
      }
    }
  }
  for (const { source, places } of sources.values()) {
    problems.push(...lintImports(source, places), ...lintEllipsis(source, places), ...lintWrongRun(source, places), ...lintLaunches(source, places, sourced, byPath));
  }
  const environment = outline.envPath ? byPath.get(outline.envPath) : undefined;
  if (environment && environment.text !== null && outline.envKind !== "docker" && outline.envKind !== "none") {
    problems.push(...readEnvironment({ kind: outline.envKind, path: environment.path, text: environment.text }).problems);
  }
  return problems;
}

function missingFile({ entryPoint, commandNode }: SourcedEntryPoint, call: ScriptCall, mlproject: Places, files: readonly ProjectFile[]): Problem[] {
  const place = placeInCommand(mlproject, commandNode, entryPoint.command, call.start, call.end);
  // A file that an earlier part of the command makes or fetches is not missing.
  if (entryPoint.command.slice(0, call.start).includes(call.path)) return [];
  const near = files.find((file) => file.path.toLowerCase() === call.path.toLowerCase()) ?? files.find((file) => file.path.endsWith(`/${call.path}`));
  const fix = near
    ? place.isExact && !call.path.includes(" ") ? { title: `Write ${near.path}`, edits: [mlproject.edit(place.start, place.end, near.path)] } : undefined
    : call.path.endsWith(".py") ? { title: `Add ${call.path}`, edits: [{ path: call.path, startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, text: taskTemplate(entryPoint.name, call) }] } : undefined;
  return [mlproject.problem("error", place, `There is no file '${call.path}' in this project. ${near ? `Did you mean ${near.path}?` : "Add it, or correct the command."}`, fix)];
}

function taskTemplate(name: string, call: ScriptCall): string {
  const options = call.options.map((option) => `@click.option("${option.name}")\n`).join("");
  const parameters = call.options.map((option) => option.name.replace(/^--/, "").replaceAll("-", "_").toLowerCase()).join(", ");
  return `import click\nimport mlflow\n\n\n@click.command(help="Runs the step '${name}'.")\n${options}def task(${parameters}):\n    with mlflow.start_run():\n        pass\n\n\nif __name__ == "__main__":\n    task()\n`;
}

function lintOptions({ entryPoint, commandNode }: SourcedEntryPoint, call: ScriptCall, source: PythonSource, mlproject: Places): Problem[] {
  const defined = scriptOptions(source);
  if (!defined) return [];
  const names = [...defined.options.flatMap((option) => option.names), "--help", "--version"];
  const isKnown = (given: string) => names.includes(given) || (defined.takesPrefixes && names.some((name) => name.startsWith(given)));
  const unknown = call.options.filter((option) => !isKnown(option.name) && !/[{}$]/.test(option.name));
  const isPassed = (option: { names: string[] }) => call.options.some((given) => option.names.some((name) => name === given.name || (defined.takesPrefixes && name.startsWith(given.name))));
  const left = defined.options.filter((option) => !isPassed(option)).flatMap((option) => option.names.filter((name) => name.startsWith("--")));
  const problems = unknown.map((option) => {
    const place = placeInCommand(mlproject, commandNode, entryPoint.command, option.start, option.end);
    const meant = nearest(option.name, left) ?? (unknown.length === 1 && left.length === 1 ? left[0] : undefined);
    const takes = left.length === 0 ? "takes no such option" : `takes ${left.join(", ")}`;
    return mlproject.problem(
      "error",
      place,
      `The command passes ${option.name}, and ${call.path} ${takes}. ${meant ? `Did you mean ${meant}?` : `Define the option in ${call.path}, or take it out of the command.`}`,
      meant && place.isExact ? { title: `Write ${meant}`, edits: [mlproject.edit(place.start, place.end, meant)] } : undefined,
    );
  });
  const passesMore = /\$[@*{(A-Za-z]/.test(entryPoint.command);
  for (const option of defined.options) {
    if (!option.required || isPassed(option) || passesMore || unknown.length > 0 || entryPoint.parameters.some((each) => each.optional && option.names.includes(`--${each.name}`))) continue;
    problems.push(mlproject.problem("warning", placeInCommand(mlproject, commandNode, entryPoint.command, call.start, call.end), `${call.path} requires ${option.names[0]}, and the command does not pass it. Add it to the command.`));
  }
  return problems;
}

/** Launches of this project's own entry points from a script: the name exists, and what is required is given. */
function lintLaunches(source: PythonSource, places: Places, sourced: readonly SourcedEntryPoint[], byPath: Map<string, ProjectFile>): Problem[] {
  return launchCalls(source).flatMap((call) => {
    if (call.uri?.value !== "." || !call.entryPoint) return [];
    const { value } = call.entryPoint;
    const target = sourced.find((each) => each.entryPoint.name === value)?.entryPoint;
    if (!target) {
      if (byPath.has(value)) return [];
      const names = sourced.map((each) => each.entryPoint.name);
      const meant = nearest(value, names);
      const fix = meant ? { title: `Write ${meant}`, edits: [places.edit(call.entryPoint.start + 1, call.entryPoint.end - 1, meant)] } : undefined;
      return [places.problem("error", call.entryPoint, `There is no entry point '${value}'. ${meant ? `Did you mean '${meant}'?` : `Known are ${names.join(", ")}.`}`, fix)];
    }
    const given = call.parameterNames?.map((name) => name.value);
    const missing = given ? target.parameters.filter((each) => each.required && !given.includes(each.name)).map((each) => `'${each.name}'`) : [];
    return missing.length > 0 ? [places.problem("error", call.entryPoint, `'${value}' needs a value for ${missing.join(", ")}. Pass it in parameters.`)] : [];
  });
}
