import { checkParameters, CommandError, type EntryPoint, type Parameter, renderCommand, shellQuote } from "@/common/mlproject";

/** What a person has set in a form, by name; a parameter that is not in here stands at its default. */
export type SetValues = Readonly<Record<string, string>>;

export type FormState = {
  /** What a launch sends: only what was set. */
  given: Record<string, string>;
  /** Message by parameter name; missing ones too. */
  faults: Record<string, string>;
  command: CommandPart[];
};

/** A stretch of the command; `changed` differs from its default, `bad` does not pass, `missing` stands for a value to give. */
export type CommandPart = { text: string; look: "plain" | "changed" | "bad" | "missing" };

/** Reads a form: the same checks as the launch, the same command as the run. */
export function readForm(entryPoint: EntryPoint, set: SetValues): FormState {
  const known = new Set(entryPoint.parameters.map((p) => p.name));
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(set)) {
    const parameter = entryPoint.parameters.find((p) => p.name === name);
    // A value of a parameter that MLproject no longer declares is kept in the form's memory and not sent.
    if (!known.has(name) || !parameter) continue;
    if (value === "" && parameter.optional) continue;
    given[name] = value;
  }
  const { values, problems } = checkParameters(entryPoint, given, { strict: true });
  const faults: Record<string, string> = {};
  for (const p of problems) {
    const name = p.field.slice("parameters.".length);
    faults[name] ??= values[name] === undefined ? "Give a value." : p.message;
  }
  return { given, faults, command: commandParts(entryPoint, values, given, faults) };
}

/** Whether the value differs from where the form starts. */
export function isChanged(parameter: Parameter, set: SetValues): boolean {
  const value = set[parameter.name];
  return value !== undefined && value !== (parameter.default ?? "");
}

/** Plain text of the command, missing values shown as `<name>`. */
export const commandText = (parts: CommandPart[]) => parts.map((p) => p.text).join("");

/**
 * The command with its values marked. Values are rendered as marker words first and found again in the result; where that does
 * not give exactly the real command (a format that depends on the value), the real one stands unmarked.
 */
function commandParts(entryPoint: EntryPoint, values: Record<string, string>, given: Record<string, string>, faults: Record<string, string>): CommandPart[] {
  const marks = new Map<string, { name: string; text: string }>();
  const marked: Record<string, string> = {};
  for (const [at, parameter] of entryPoint.parameters.entries()) {
    const value = values[parameter.name];
    if (value === undefined && parameter.optional) continue;
    const mark = `zq${at}x7k${at}qz`;
    marked[parameter.name] = mark;
    marks.set(mark, { name: parameter.name, text: value === undefined ? `<${parameter.name}>` : shellQuote(value) });
  }
  try {
    const parts = renderCommand(entryPoint, marked)
      .split(/(zq\d+x7k\d+qz)/)
      .filter((t) => t !== "")
      .map((text): CommandPart => {
        const mark = marks.get(text);
        if (!mark) return { text, look: "plain" };
        const parameter = entryPoint.parameters.find((p) => p.name === mark.name);
        const look = values[mark.name] === undefined ? "missing" : faults[mark.name] ? "bad" : parameter && isChanged(parameter, given) ? "changed" : "plain";
        return { text: mark.text, look };
      });
    const isWhole = Object.keys(faults).length > 0 || commandText(parts) === renderCommand(entryPoint, values);
    return isWhole ? parts : [{ text: renderCommand(entryPoint, values), look: "plain" }];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ text: entryPoint.command, look: "plain" }, { text: `  ${error.message}`, look: "bad" }];
  }
}
