import type { Places } from "./places";
import type { PythonSource, PythonToken } from "./python-tokens";
import type { Problem } from "./types";

const aliases: Record<string, string> = { np: "numpy", pd: "pandas", plt: "matplotlib.pyplot", tf: "tensorflow", sns: "seaborn", xgb: "xgboost", lgb: "lightgbm" };
const modules = new Set([
  ...Object.keys(aliases),
  ..."os sys re json math random time datetime shutil tempfile subprocess logging glob pathlib csv pickle hashlib itertools functools collections argparse".split(" "),
  ..."click requests mlflow numpy pandas sklearn matplotlib tensorflow torch keras yaml joblib tqdm scipy xgboost lightgbm".split(" "),
]);

/** Well-known modules that are used (`os.path`) and bound nowhere in the file: a NameError when the line runs. */
export function lintImports(source: PythonSource, places: Places): Problem[] {
  const { statements } = source;
  const bound = new Set(statements.flatMap(({ tokens }) => boundNames(tokens)));
  if (bound.has("*")) return [];
  const missing = new Map<string, PythonToken>();
  for (const { tokens } of statements) {
    tokens.forEach((token, i) => {
      const isUse = token.kind === "name" && tokens[i + 1]?.text === "." && tokens[i - 1]?.text !== ".";
      if (isUse && modules.has(token.text) && !bound.has(token.text) && !missing.has(token.text)) missing.set(token.text, token);
    });
  }
  if (missing.size === 0) return [];
  const names = [...missing.keys()].sort();
  const lines = names.map((name) => (aliases[name] ? `import ${aliases[name]} as ${name}` : `import ${name}`));
  const { offset, isBeforeImports } = importPlace(source);
  const fix = {
    title: `Import ${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]}`,
    edits: [places.edit(offset, offset, `${lines.join("\n")}\n${isBeforeImports ? "" : "\n"}`)],
  };
  return [...missing].map(([name, token]) => places.problem("error", token, `'${name}' is used and never imported. Add "${lines[names.indexOf(name)]}" at the top.`, fix));
}

/** `name = ...`, later read: the template's blank that nobody filled in. */
export function lintEllipsis(source: PythonSource, places: Places): Problem[] {
  return source.statements.flatMap(({ tokens }, at) => {
    const [name, equals, dots] = tokens;
    if (tokens.length !== 3 || name?.kind !== "name" || equals?.text !== "=" || dots?.text !== "...") return [];
    const isRead = source.statements.slice(at + 1).some((each) => each.tokens.some((token, i) => token.kind === "name" && token.text === name.text && each.tokens[i - 1]?.text !== "."));
    return isRead ? [places.problem("warning", { start: name.start, end: dots.end }, `${name.text} is still ..., where the step's own code belongs. Give it a value.`)] : [];
  });
}

/** Every name that a statement could bind; too many rather than too few. `*` for a star import. */
function boundNames(tokens: readonly PythonToken[]): string[] {
  const first = tokens[0]?.text;
  if (first === "import" || first === "from" || first === "global" || first === "nonlocal") {
    return tokens.filter((token) => token.kind === "name" || token.text === "*").map((token) => token.text);
  }
  const names: string[] = [];
  tokens.forEach((token, i) => {
    if (token.kind !== "name") return;
    const before = tokens[i - 1]?.text ?? "";
    const after = tokens[i + 1]?.text ?? "";
    if ([":=", "="].includes(after) || ["as", "for", "def", "class", "lambda", "*", "**"].includes(before)) names.push(token.text);
  });
  if (["def", "async", "class", "for", "with"].includes(first ?? "") || tokens.some((token) => token.text === "lambda")) {
    // Parameters and loop targets: names that are not followed by a dot or a bracket.
    tokens.forEach((token, i) => {
      if (token.kind === "name" && ![".", "(", "["].includes(tokens[i + 1]?.text ?? "")) names.push(token.text);
    });
  }
  const assign = tokens.findIndex((token) => token.text === "=" || token.text === ":");
  tokens.slice(0, Math.max(assign, 0)).forEach((token, i) => {
    if (token.kind === "name" && ![".", "(", "["].includes(tokens[i + 1]?.text ?? "") && tokens[i - 1]?.text !== ".") names.push(token.text);
  });
  return names;
}

function importPlace({ text, statements }: PythonSource): { offset: number; isBeforeImports: boolean } {
  const lineStart = (offset: number) => text.lastIndexOf("\n", offset - 1) + 1;
  const isImport = (tokens: readonly PythonToken[]) => (tokens[0]?.text === "import" || tokens[0]?.text === "from") && tokens[1]?.text !== "__future__";
  const firstImport = statements.find(({ tokens, indent }) => indent === 0 && isImport(tokens));
  if (firstImport) return { offset: lineStart(firstImport.tokens[0]?.start ?? 0), isBeforeImports: true };
  const first = statements.find(({ tokens }) => !(tokens.length === 1 && tokens[0]?.kind === "string") && tokens[1]?.text !== "__future__");
  return { offset: lineStart(first?.tokens[0]?.start ?? 0), isBeforeImports: false };
}
