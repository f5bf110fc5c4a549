import { readParameters } from "./parameters";
import type { Places } from "./places";
import { pythonStr } from "./python-str";
import { parseDuration, parseMemory } from "./quantities";
import { reportDuplicates } from "./report-duplicates";
import { scriptCalls } from "./source-file";
import type { EntryPoint, Parameter, Problem, StepLimits } from "./types";
import { entryOf, type YamlEntry, type YamlNode } from "./yaml-nodes";

/** An entry point with the YAML it came from, for lints that mark a place in it. */
export type SourcedEntryPoint = { entryPoint: EntryPoint; commandNode: YamlNode; nameNode: YamlNode; parametersNode: YamlNode | null };

/** The entry points as written; every shape that MLflow would crash on becomes a problem with a place. */
export function readEntryPoints(root: YamlNode | null, places: Places, paths: ReadonlySet<string>, problems: Problem[]): SourcedEntryPoint[] {
  const entry = entryOf(root, "entry_points");
  if (!entry) return [];
  if (entry.value.kind !== "map" || entry.value.entries.length === 0) {
    problems.push(places.problem("error", entry.key, 'entry_points names nothing to run. Under it, write an entry point such as "main:" with its command.'));
    return [];
  }
  reportDuplicates(entry.value, places, problems, "entry point");
  return entry.value.entries.flatMap((each) => readEntryPoint(each, places, paths, problems) ?? []);
}

function readEntryPoint({ key, value }: YamlEntry, places: Places, paths: ReadonlySet<string>, problems: Problem[]): SourcedEntryPoint | null {
  const name = pythonStr(key);
  const error = (place: YamlNode, message: string) => void problems.push(places.problem("error", place, message));
  if (value.kind !== "map") {
    error(key, `The entry point '${name}' needs a command. Under it, write: command: "python ${name}.py".`);
    return null;
  }
  reportDuplicates(value, places, problems, "key");
  const parameters: Parameter[] = readParameters(entryOf(value, "parameters"), false, places, problems);
  for (const parameter of readParameters(entryOf(value, "optional_parameters"), true, places, problems)) {
    if (parameters.some((other) => other.name === parameter.name)) {
      problems.push({ path: places.path, severity: "error", line: parameter.line, column: 1, message: `'${parameter.name}' is declared under parameters and under optional_parameters. Keep one.` });
    } else parameters.push(parameter);
  }
  const command = entryOf(value, "command");
  if (!command || command.value.kind === "null") {
    error(command?.key ?? key, `The entry point '${name}' has no command. Write: command: "python ${name}.py".`);
    return null;
  }
  if (command.value.kind === "list") {
    error(command.value, "A command is one text, not a list. Write it as one line, with && between commands.");
    return null;
  }
  if (command.value.kind === "map") {
    error(command.value, "A command is one text, and YAML reads this as a mapping because of its braces or its colon. Put the whole command in double quotes.");
    return null;
  }
  if (command.value.kind !== "str") {
    error(command.value, "A command is text. Put it in double quotes.");
    return null;
  }
  if (command.value.value.trim() === "") error(command.value, "The command is empty. Write what to run.");
  // A module that is no file of the project is an installed package's.
  const sourceFile = scriptCalls(command.value.value).find((call) => !call.isModule || paths.has(call.path))?.path;
  const cache = readBool(entryOf(value, "cache"), places, problems);
  const retries = readRetries(entryOf(value, "retries"), places, problems);
  const entryPoint: EntryPoint = {
    name,
    command: command.value.value,
    line: places.at(key.start).line,
    ...(sourceFile !== undefined && { sourceFile }),
    parameters,
    needs: readNeeds(entryOf(value, "needs"), parameters, places, problems),
    ...(cache !== undefined && { cache }),
    ...(retries !== undefined && { retries }),
    limits: readLimits(entryOf(value, "resources"), places, problems),
  };
  return { entryPoint, commandNode: command.value, nameNode: key, parametersNode: entryOf(value, "parameters")?.value ?? null };
}

function readNeeds(entry: YamlEntry | undefined, parameters: Parameter[], places: Places, problems: Problem[]): string[] {
  const needs: string[] = [];
  const nodes = entry?.value.kind === "list" ? entry.value.items : entry && entry.value.kind !== "null" ? [entry.value] : [];
  for (const node of nodes) {
    if (node.kind === "str") needs.push(node.value);
    else problems.push(places.problem("error", node, "needs is a list of entry point names. Write it like: needs: [download]."));
  }
  for (const { from } of parameters) {
    const step = from?.split("/")[0];
    if (step) needs.push(step);
  }
  return [...new Set(needs)];
}

function readBool(entry: YamlEntry | undefined, places: Places, problems: Problem[]): boolean | undefined {
  if (!entry) return undefined;
  if (entry.value.kind === "bool") return entry.value.value;
  problems.push(places.problem("error", entry.value, `${pythonStr(entry.key)} is true or false.`));
  return undefined;
}

function readRetries(entry: YamlEntry | undefined, places: Places, problems: Problem[]): number | undefined {
  if (!entry) return undefined;
  if (entry.value.kind === "int" && entry.value.value >= 0n && entry.value.value <= 10n) return Number(entry.value.value);
  problems.push(places.problem("error", entry.value, "retries is a whole number from 0 to 10."));
  return undefined;
}

function readLimits(entry: YamlEntry | undefined, places: Places, problems: Problem[]): StepLimits {
  const limits: StepLimits = {};
  if (!entry || entry.value.kind === "null") return limits;
  if (entry.value.kind !== "map") {
    problems.push(places.problem("error", entry.value, "resources is a mapping. Write it like: resources: {memory: 512Mi, timeout: 10m, grace: 30s}."));
    return limits;
  }
  for (const { key, value } of entry.value.entries) {
    const name = pythonStr(key);
    const bad = (message: string) => problems.push(places.problem("error", value, message));
    // YAML 1.1 reads 1:30 as 90, which is also what a person means by it in seconds.
    const text = pythonStr(value);
    if (name === "memory") {
      const bytes = parseMemory(text);
      if (bytes === null) bad(`'${text}' is no amount of memory. Write one like 512Mi or 2Gi.`);
      else limits.memoryBytes = bytes;
    } else if (name === "timeout" || name === "grace") {
      const seconds = parseDuration(text);
      if (seconds === null) bad(`'${text}' is no length of time. Write one like 30s, 10m or 2h.`);
      else if (name === "timeout") limits.timeoutSeconds = seconds;
      else limits.graceSeconds = seconds;
    } else if (name !== "cpu" && name !== "gpu") {
      problems.push(places.problem("warning", key, `resources does not know '${name}'. It takes memory, timeout and grace.`));
    }
  }
  return limits;
}
