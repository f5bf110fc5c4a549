import { shellQuote } from "./shell-words";
import { formatTemplate } from "./str-format";
import { CommandError, type EntryPoint } from "./types";

/**
 * The command that runs, as `mlflow run` makes it: Python's `str.format` over shell-quoted values, defaults filled in,
 * values that are not declared appended as ` --key value` in the order given. The template's last newline is
 * dropped first, because it would make the appended options a command of their own.
 * @throws CommandError when a required value is missing or the template cannot be filled in.
 */
export function renderCommand(entryPoint: EntryPoint, values: Readonly<Record<string, string>>): string {
  const declared = new Map<string, string>();
  const missing: string[] = [];
  for (const parameter of entryPoint.parameters) {
    if (parameter.optional) continue;
    const value = valueOf(values, parameter.name) ?? parameter.default;
    if (value === null) missing.push(parameter.name);
    else declared.set(parameter.name, shellQuote(value));
  }
  if (missing.length > 0) throw new CommandError(missingMessage(missing));
  const command = formatTemplate(entryPoint.command.replace(/\r?\n$/, ""), declared);
  const extras = Object.entries(values)
    .filter(([key]) => !declared.has(key))
    .map(([key, value]) => `--${shellQuote(key)} ${shellQuote(value)}`);
  return [command, ...extras].join(" ");
}

/** MLflow's own words, which its users know. */
export const missingMessage = (names: string[]): string => `No value given for missing parameters: ${names.map((name) => `'${name}'`).join(", ")}`;

function valueOf(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
