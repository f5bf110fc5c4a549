import { argumentsOf, keywordOf, type PythonSource, type PythonToken, reads } from "./python-tokens";

type Literal = { value: string; start: number; end: number };

/** One `mlflow.run(…)` in a script. */
export type LaunchCall = {
  /** Index of the statement in the source. */
  statement: number;
  start: number;
  end: number;
  /** The variable the result is put into. */
  variable: string | null;
  uri: Literal | null;
  /** Absent when it is computed; `main` is not filled in. */
  entryPoint: Literal | null;
  /** Null when the parameters are not a plain dict of text keys. */
  parameterNames: Literal[] | null;
};

const mostCalls = 100;

/** The `mlflow.run` and `mlflow.projects.run` calls of a script, in order; the first hundred, as each is held against the others. */
export function launchCalls(source: PythonSource): LaunchCall[] {
  const calls: LaunchCall[] = [];
  for (const [statement, { tokens }] of source.statements.entries()) {
    for (let i = 0; i < tokens.length && calls.length < mostCalls; i++) {
      if (tokens[i]?.text !== "mlflow" || tokens[i - 1]?.text === ".") continue;
      const length = reads(tokens, i, ["mlflow", ".", "run", "("]) ? 4 : reads(tokens, i, ["mlflow", ".", "projects", ".", "run", "("]) ? 6 : 0;
      if (length > 0) calls.push(callOf(tokens, i, i + length - 1, statement));
    }
  }
  return calls;
}

function callOf(tokens: readonly PythonToken[], at: number, open: number, statement: number): LaunchCall {
  const call: LaunchCall = {
    statement,
    start: tokens[at]?.start ?? 0,
    end: tokens[open]?.end ?? 0,
    variable: at === 2 && tokens[0]?.kind === "name" && tokens[1]?.text === "=" ? tokens[0].text : null,
    uri: null,
    entryPoint: null,
    parameterNames: null,
  };
  let hasParameters = false;
  argumentsOf(tokens, open).forEach((argument, position) => {
    const keyword = keywordOf(argument);
    const name = keyword?.name ?? ["uri", "entry_point", "version", "parameters"][position];
    const value = keyword?.value ?? argument;
    if (name === "uri") call.uri = literalOf(value);
    if (name === "entry_point") call.entryPoint = literalOf(value);
    if (name === "parameters" || argument[0]?.text === "**") {
      hasParameters = true;
      call.parameterNames = dictKeys(value);
    }
  });
  if (!hasParameters) call.parameterNames = [];
  return call;
}

function literalOf(tokens: readonly PythonToken[]): Literal | null {
  const [token] = tokens;
  if (tokens.length !== 1 || token?.kind !== "string" || token.isFormat || token.value?.includes("\\")) return null;
  return { value: token.value ?? "", start: token.start, end: token.end };
}

function dictKeys(tokens: readonly PythonToken[]): Literal[] | null {
  if (tokens[0]?.text !== "{" || tokens.at(-1)?.text !== "}") return null;
  const keys = argumentsOf(tokens, 0).map((item) => (item[1]?.text === ":" ? literalOf(item.slice(0, 1)) : null));
  return keys.every((key) => key !== null) ? keys : null;
}
