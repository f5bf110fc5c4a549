import { argumentsOf, keywordOf, type PythonSource, type PythonToken } from "./python-tokens";

export type ScriptOptions = {
  /** Each option with all its spellings; `required` when the script says so. */
  options: { names: string[]; required: boolean }[];
  /** argparse takes `--inp` for `--input`. */
  takesPrefixes: boolean;
};

const otherParsers = /^(?:typer|fire|absl|hydra|docopt|tyro|jsonargparse|simple_parsing|plac|optparse|parse_known_args|ignore_unknown_options|parse_intermixed_args|add_arguments|HfArgumentParser|add_subparsers)$/;
const clickDecorators = new Set(["click", "command", "option", "argument", "group", "pass_context", "version_option", "help_option", "staticmethod", "functools", "wraps", "mlflow"]);

/** The long options that a script's click or argparse defines; null when that cannot be told for sure. */
export function scriptOptions(source: PythonSource): ScriptOptions | null {
  const names = new Set(source.statements.flatMap(({ tokens }) => tokens.filter((token) => token.kind === "name").map((token) => token.text)));
  const usesClick = names.has("click") && names.has("command");
  const usesArgparse = names.has("ArgumentParser");
  if (usesClick === usesArgparse || [...names].some((name) => otherParsers.test(name))) return null;
  const options: ScriptOptions["options"] = [];
  for (const { tokens } of source.statements) {
    if (usesClick && tokens[0]?.text === "@" && !clickDecorators.has(tokens[1]?.text ?? "")) return null;
    for (let i = 0; i < tokens.length - 1; i++) {
      const isDefinition = usesClick ? tokens[i]?.text === "option" && tokens[0]?.text === "@" : tokens[i]?.text === "add_argument";
      if (!isDefinition || tokens[i + 1]?.text !== "(") continue;
      const option = optionOf(argumentsOf(tokens, i + 1));
      if (!option) return null;
      if (option.names.length > 0) options.push(option);
    }
  }
  return { options, takesPrefixes: usesArgparse };
}

function optionOf(args: PythonToken[][]): { names: string[]; required: boolean } | null {
  const names: string[] = [];
  let required = false;
  for (const argument of args) {
    const keyword = keywordOf(argument);
    if (keyword) {
      if (keyword.name === "required" && keyword.value[0]?.text !== "False") required = true;
      // click takes the value from a variable or a question then.
      if (keyword.name === "envvar" || keyword.name === "prompt") required = false;
      continue;
    }
    const [token] = argument;
    if (argument.length !== 1 || token?.kind !== "string" || token.isFormat) return null;
    names.push(...(token.value ?? "").split("/").map((name) => name.trim()).filter((name) => name.startsWith("-")));
  }
  return { names, required };
}
