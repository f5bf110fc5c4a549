import { faultOf } from "./check-parameters";
import type { Places } from "./places";
import { pythonStr } from "./python-str";
import { reportDuplicates } from "./report-duplicates";
import type { Parameter, ParameterKind, Problem } from "./types";
import type { YamlEntry, YamlNode } from "./yaml-nodes";

const kinds: Record<string, ParameterKind> = {
  string: "string", str: "string", text: "string", float: "float", double: "float", number: "float", int: "int", integer: "int", bool: "bool", boolean: "bool", path: "path", uri: "uri", file: "file",
};

/** The parameters under `parameters:` or `optional_parameters:`, in order. */
export function readParameters(entry: YamlEntry | undefined, optional: boolean, places: Places, problems: Problem[]): Parameter[] {
  if (!entry) return [];
  const { key, value } = entry;
  if (value.kind === "null") {
    const line = places.at(key.start).line;
    const isAlone = /^\s*\w+:\s*(?:~|null)?\s*(?:#.*)?$/.test(places.line(line));
    const fix = isAlone ? { title: "Remove the empty key", edits: [places.edit(places.lineStart(line), places.lineStart(line + 1), "")] } : undefined;
    problems.push(places.problem(optional ? "warning" : "error", key, `${pythonStr(key)} is empty. Name a parameter under it, or remove the line.`, fix));
    return [];
  }
  if (value.kind !== "map") {
    problems.push(places.problem("error", value, `${pythonStr(key)} is a mapping from names to types. Write each on its own line, like "alpha: float".`));
    return [];
  }
  reportDuplicates(value, places, problems, "parameter");
  return value.entries.map((each) => readParameter(each, optional, places, problems));
}

function readParameter({ key, value }: YamlEntry, optional: boolean, places: Places, problems: Problem[]): Parameter {
  const name = pythonStr(key);
  const parameter: Parameter = { name, type: "string", kind: "string", default: null, required: !optional, optional, line: places.at(key.start).line };
  if (key.kind !== "str") {
    const written = places.text.slice(key.start, key.end);
    const fix = { title: `Write "${written}"`, edits: [places.edit(key.start, key.end, `"${written}"`)] };
    problems.push(places.problem("warning", key, `YAML reads the name ${written} as ${name === written ? "a number" : name}, so MLflow never finds its value. Put it in quotes.`, fix));
  }
  if (value.kind === "str") {
    parameter.type = value.value;
  } else if (value.kind !== "map") {
    const given = value.kind === "null" ? "nothing" : value.kind === "list" ? "a list" : pythonStr(value);
    const isValue = value.kind !== "null" && value.kind !== "list";
    const type = isValue ? value.kind : "string";
    const fix = isValue
      ? { title: `Make ${given} the default`, edits: [places.edit(value.start, value.end, `{type: ${type}, default: ${places.text.slice(value.start, value.end)}}`)] }
      : value.kind === "null" && places.text[key.end] === ":"
        ? { title: "Make it a string", edits: [places.edit(key.end, key.end + 1, ": string")] }
        : undefined;
    problems.push(places.problem("error", value.kind === "null" ? key : value, `The parameter '${name}' is given ${given} where its type belongs. Write a type, or {type: …, default: …}.`, fix));
    if (isValue) return { ...parameter, type, kind: kinds[type] ?? "string", default: pythonStr(value), required: false };
    return parameter;
  } else {
    readMapping(parameter, value, optional, places, problems);
  }
  parameter.kind = parameter.choices ? "choice" : (kinds[parameter.type.toLowerCase()] ?? "string");
  if (!(parameter.type.toLowerCase() in kinds)) {
    problems.push(places.problem("warning", value.kind === "map" ? key : value, `'${parameter.type}' is no known type, so values of '${name}' are taken as text. Known are string, float, int, bool, path, uri and file.`));
  }
  if (parameter.default !== null && !parameter.secret) {
    const fault = faultOf(parameter, parameter.default, parameter.kind !== "path" && parameter.kind !== "file");
    const node = value.kind === "map" ? value.entries.find((each) => pythonStr(each.key) === "default")?.value : undefined;
    if (fault) problems.push(places.problem("warning", node ?? key, `The default of '${name}' does not fit: ${fault}`));
  }
  return parameter;
}

function readMapping(parameter: Parameter, map: YamlNode, optional: boolean, places: Places, problems: Problem[]): void {
  if (map.kind !== "map") return;
  reportDuplicates(map, places, problems, "key");
  const wrong = (node: YamlNode, message: string) => problems.push(places.problem("error", node, message));
  for (const { key, value } of map.entries) {
    const hint = pythonStr(key);
    switch (hint) {
      case "type":
        if (value.kind !== "null") parameter.type = pythonStr(value);
        break;
      case "default":
        parameter.default = value.kind === "null" ? null : pythonStr(value);
        break;
      case "min":
      case "max":
        if (value.kind === "int" || value.kind === "float") parameter[hint] = Number(value.value);
        else if (value.kind === "str" && value.value.trim() !== "" && Number.isFinite(Number(value.value))) parameter[hint] = Number(value.value);
        else wrong(value, `${hint} is a number.`);
        break;
      case "choices":
        if (value.kind === "list" && value.items.length > 0) parameter.choices = value.items.map(pythonStr);
        else wrong(value, "choices is a list. Write it like: choices: [small, large].");
        break;
      case "help":
      case "description":
        parameter.help = pythonStr(value);
        break;
      case "secret":
        if (value.kind === "bool") parameter.secret = value.value;
        else wrong(value, "secret is true or false.");
        break;
      case "from":
        if (value.kind === "str" && /^[^/\s]+\/.+$/.test(value.value)) parameter.from = value.value;
        else wrong(value, "from names a step and an artifact of it. Write it like: from: download/output.");
        break;
      default:
        lintUnknownHint(parameter.name, { key, value }, places, problems);
    }
  }
  if (parameter.min !== undefined && parameter.max !== undefined && parameter.min > parameter.max) wrong(map, `The min of '${parameter.name}' is above its max. Swap them.`);
  parameter.required = !optional && parameter.default === null;
  if (optional && parameter.default !== null) {
    problems.push(places.problem("warning", map, `'${parameter.name}' is optional, so its default is only shown and never passed. Move it under parameters to have it passed.`));
  }
}

/** `{default="x"}` and `{default:1e-5}` are keys to YAML, and silently no default. */
function lintUnknownHint(name: string, { key, value }: YamlEntry, places: Places, problems: Problem[]): void {
  const hint = pythonStr(key);
  const glued = /^(type|default|min|max|choices|help|secret|from)\s*([=:])\s*(.+)$/s.exec(hint);
  if (glued && value.kind === "null") {
    const [, word, sign, rest] = glued;
    const why = sign === "=" ? "with = in place of a colon" : "without a space after the colon";
    problems.push(
      places.problem("error", key, `'${name}' gets no ${word}: it is written ${why}, which YAML reads as one long key. Write ${word}: ${rest}.`, {
        title: `Write ${word}: ${rest}`,
        edits: [places.edit(key.start, key.end, `${word}: ${rest}`)],
      }),
    );
    return;
  }
  const near: Record<string, string> = { defualt: "default", defaults: "default", choice: "choices", options: "choices", minimum: "min", maximum: "max", desc: "help" };
  const meant = near[hint];
  problems.push(
    places.problem("warning", key, `A parameter does not know '${hint}', and it is ignored.${meant ? ` Did you mean ${meant}?` : ""}`, meant ? { title: `Write ${meant}`, edits: [places.edit(key.start, key.end, meant)] } : undefined),
  );
}
