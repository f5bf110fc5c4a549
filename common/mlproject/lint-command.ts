import { placeInCommand } from "./command-place";
import type { SourcedEntryPoint } from "./entry-points";
import { nearest } from "./nearest";
import type { Places } from "./places";
import { fieldFault, type FormatField, fieldsOf, parseFormat } from "./str-format";
import type { Problem } from "./types";
import { entryOf } from "./yaml-nodes";

/** What is wrong inside the command templates themselves. */
export function lintCommands(sourced: readonly SourcedEntryPoint[], places: Places): Problem[] {
  return sourced.flatMap((each) => lintCommand(each, places));
}

function lintCommand(each: SourcedEntryPoint, places: Places): Problem[] {
  const { entryPoint, commandNode } = each;
  const { command } = entryPoint;
  const problems: Problem[] = [];
  const at = (start: number, end: number) => placeInCommand(places, commandNode, command, start, end);
  const { parts, error } = parseFormat(command);
  if (error) problems.push(places.problem("error", at(error.start, error.end), `The command cannot be filled in. ${error.message}`));
  const fields = fieldsOf(parts);
  const used = new Set(fields.map((field) => field.name));
  for (const field of fields) {
    problems.push(...lintField(each, field, places));
    const quote = quoteAround(command, field.start);
    if (quote) problems.push(quotedPlaceholder(each, field, quote, places));
  }
  for (const parameter of entryPoint.parameters) {
    if (parameter.optional || used.has(parameter.name) || error) continue;
    const key = entryOf(each.parametersNode, parameter.name)?.key;
    const place = key ?? { start: places.lineStart(parameter.line), end: places.lineStart(parameter.line) };
    problems.push(places.problem("warning", place, `The command never uses '${parameter.name}', so its value reaches no program. Add {${parameter.name}} to the command, or remove the parameter.`));
  }
  if (commandNode.kind === "str" && commandNode.style === "folded" && /(?<![\\|&;(\s]\s*)\n[ \t]+\S/.test(command)) {
    problems.push(places.problem("warning", { start: commandNode.start, end: commandNode.start + 1 }, "This folded text keeps line breaks before lines that are indented deeper, so each of those lines runs as a command of its own. Give all lines the same indentation."));
  }
  const eaten = /[^\s\\]\\\n(?=\S)/.exec(command);
  if (eaten) problems.push(places.problem("warning", at(eaten.index, eaten.index + 2), "A backslash at a line's end joins it to the next with no space between. Put a space before the backslash."));
  const source = places.text.slice(commandNode.start, commandNode.end);
  const joined = source.startsWith('"') ? /[^\s\\]\\\r?\n[ \t]*(?=[^\s\\])/.exec(source) : null;
  if (joined) {
    const start = commandNode.start + joined.index + 1;
    problems.push(places.problem("warning", { start, end: start + 1 }, "A backslash at a line's end joins it to the next with no space between. Put a space before the backslash.", { title: "Put a space before it", edits: [places.edit(start, start, " ")] }));
  }
  return problems;
}

function lintField({ entryPoint, commandNode }: SourcedEntryPoint, field: FormatField, places: Places): Problem[] {
  const { command, parameters } = entryPoint;
  const place = placeInCommand(places, commandNode, command, field.start, field.end);
  const fault = fieldFault(field);
  if (fault) return [places.problem("error", place, fault)];
  const declared = parameters.find((parameter) => parameter.name === field.name);
  if (declared?.optional) {
    return [places.problem("error", place, `'${field.name}' is optional, so it is appended by itself when given. Take {${field.name}} out of the command, or move the parameter under parameters.`)];
  }
  if (declared) return [];
  const isShell = command[field.start - 1] === "$";
  if (isShell) {
    const written = command.slice(field.start, field.end);
    const fix = place.isExact ? { title: `Write $\{${written}}`, edits: [places.edit(place.start, place.end, `{${written}}`)] } : undefined;
    return [places.problem("error", place, `\${${field.name}} is read as a parameter, and none of that name is declared. For the shell's variable write \${{${field.name}}}.`, fix)];
  }
  const meant = nearest(field.name, parameters.map((parameter) => parameter.name));
  const fix = meant && place.isExact ? { title: `Write {${meant}}`, edits: [places.edit(place.start + 1, place.start + 1 + field.name.length, meant)] } : undefined;
  const mend = meant ? `Did you mean {${meant}}?` : "Declare it under parameters, or double the braces if they are meant as they stand.";
  return [places.problem("error", place, `The command uses {${field.name}}, and no parameter of that name is declared. ${mend}`, fix)];
}

function quotedPlaceholder({ entryPoint, commandNode }: SourcedEntryPoint, field: FormatField, quote: string, places: Places): Problem {
  const { command } = entryPoint;
  const isAlone = command[field.start - 1] === quote && command[field.end] === quote;
  const place = placeInCommand(places, commandNode, command, field.start - (isAlone ? 1 : 0), field.end + (isAlone ? 1 : 0));
  const fix = isAlone && place.isExact ? { title: "Remove the quotes", edits: [places.edit(place.start, place.end, command.slice(field.start, field.end))] } : undefined;
  return places.problem("warning", place, `{${field.name}} stands inside quotes, and values are quoted already: a value with a blank in it would break apart. Remove the quotes.`, fix);
}

/** The quote character that an offset lies within, as bash reads the template; null outside quotes. */
function quoteAround(command: string, offset: number): string | null {
  // A stack, because "$(…)" inside double quotes starts afresh.
  const stack: string[] = [];
  for (let i = 0; i < offset; i++) {
    const char = command[i];
    const top = stack.at(-1);
    if (top === "'") {
      if (char === "'") stack.pop();
    } else if (char === "\\") i++;
    else if (char === "$" && command[i + 1] === "(") {
      stack.push("(");
      i++;
    } else if (top === "(" && char === ")") stack.pop();
    else if (char === '"') {
      if (top === '"') stack.pop();
      else stack.push('"');
    } else if (char === "'" && top !== '"') stack.push("'");
  }
  const top = stack.at(-1);
  return top === "'" || top === '"' ? top : null;
}
