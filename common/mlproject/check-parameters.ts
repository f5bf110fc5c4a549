import { pythonStrOfJson } from "./python-str";
import { missingMessage } from "./render-command";
import type { CheckedParameters, EntryPoint, Parameter, ParameterProblem, ParameterValue } from "./types";

/**
 * The raw values a launch uses: declared parameters with defaults filled in, in declared order, then the others as given.
 * `strict` is the form's and the launch API's reading, which also holds values to the declared int, float, bool, choice and
 * range; without it only what MLflow refuses is refused (a missing value, a `uri` without scheme, an empty `path`).
 * A blank value of an optional parameter, or of a required one whose kind cannot be empty, counts as not given.
 */
export function checkParameters(
  entryPoint: EntryPoint,
  given: Readonly<Record<string, ParameterValue>>,
  { strict }: { strict: boolean },
): CheckedParameters {
  const values: Record<string, string> = {};
  const problems: ParameterProblem[] = [];
  const refuse = (name: string, message: string) => problems.push({ field: `parameters.${name}`, message });
  const texts = new Map(Object.entries(given).map(([name, value]) => [name, pythonStrOfJson(value)]));
  const missing: string[] = [];
  for (const parameter of entryPoint.parameters) {
    let value = texts.get(parameter.name);
    texts.delete(parameter.name);
    if (value === "" && parameter.optional) value = undefined;
    if (value === undefined && parameter.optional) continue;
    const text = value ?? parameter.default;
    if (text === null) {
      missing.push(parameter.name);
      continue;
    }
    put(values, parameter.name, text);
    const fault = faultOf(parameter, text, strict);
    if (fault) refuse(parameter.name, fault);
  }
  for (const [name, value] of texts) {
    if (!isParameterName(name)) refuse(name, `'${name}' cannot be the name of a parameter. Use letters, digits, _, - and dots.`);
    put(values, name, value);
  }
  for (const name of missing) refuse(name, `${missingMessage([name])}. Give one.`);
  return { values, problems };
}

/** What is wrong with one value, or null. Used by forms while a person types. */
export function faultOf(parameter: Parameter, text: string, strict: boolean): string | null {
  if (text.includes("\0")) return "A value must not hold a NUL character.";
  if (parameter.kind === "uri" && !schemeOf(text)) return "A uri needs a scheme. Write it like https://… or s3://….";
  if (parameter.kind === "path" && text === "") return "A path must not be empty. Name a file, or an artifact's URI.";
  if (!strict) return null;
  if (parameter.choices && !parameter.choices.includes(text)) return `Not one of the choices. Choose ${listed(parameter.choices)}.`;
  switch (parameter.kind) {
    case "int":
      if (!/^\s*[-+]?\d+(?:_\d+)*\s*$/.test(text)) return `Not a whole number. Write one like ${example(parameter, "10")}.`;
      return rangeFault(parameter, Number(text.replaceAll("_", "")));
    case "float": {
      const number = pythonFloatOf(text);
      if (number === null) return `Not a number. Write one like ${example(parameter, "0.005")}.`;
      return rangeFault(parameter, number);
    }
    case "bool":
      if (!/^(?:1|0|true|false|t|f|yes|no|y|n|on|off)$/i.test(text.trim())) return "Neither true nor false. Write True or False.";
      return null;
    case "file":
      if (text === "") return "Name a file of the project.";
      if (text.startsWith("/") || text.split("/").includes("..")) return "Name a file inside the project, by its path from the project's folder.";
      return null;
    default:
      return null;
  }
}

/** The scheme of a URI (`https`, `mlflow-artifacts`, `runs`), lower case; null for a local path. */
export function schemeOf(text: string): string | null {
  return /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** True for a `path` value that names something on the step's own disk: no scheme, or `file:`. */
export const isLocalPath = (text: string): boolean => (schemeOf(text) ?? "file") === "file";

function rangeFault(parameter: Parameter, value: number): string | null {
  const { min, max } = parameter;
  if (Number.isNaN(value)) return min === undefined && max === undefined ? null : "nan lies in no range.";
  if (min !== undefined && max !== undefined && (value < min || value > max)) return `Must be between ${min} and ${max}.`;
  if (min !== undefined && value < min) return `Must be ${min} or more.`;
  if (max !== undefined && value > max) return `Must be ${max} or less.`;
  return null;
}

function pythonFloatOf(text: string): number | null {
  const plain = text.trim().replace(/(?<=\d)_(?=\d)/g, "").toLowerCase();
  if (/^[-+]?(?:inf|infinity)$/.test(plain)) return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[-+]?nan$/.test(plain)) return Number.NaN;
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/.test(plain) ? Number(plain) : null;
}

const example = (parameter: Parameter, otherwise: string): string => parameter.default ?? (parameter.min !== undefined ? String(parameter.min) : otherwise);
const listed = (choices: string[]): string => (choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);

/** A key MLflow's param names allow, and that is one word on a command line. */
const isParameterName = (name: string): boolean => /^[\w][\w.-]{0,249}$/.test(name);

/** Defines, so that a parameter called `__proto__` is a value like any other. */
function put(values: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
