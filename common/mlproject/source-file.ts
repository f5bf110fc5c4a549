import { shellWords, type ShellWord } from "./shell-words";

/** A script named in a command, with the options the command passes to it. */
export type ScriptCall = {
  path: string;
  /** Named by `-m`: it may as well be an installed package. */
  isModule: boolean;
  /** Offsets of the path in the command. */
  start: number;
  end: number;
  /** `--name` words after it, with offsets of the option's own text. */
  options: { name: string; start: number; end: number }[];
};

const programs = /^(?:.*\/)?(?:python(?:\d+(?:\.\d+)*)?|pypy3?|bash|sh|zsh|Rscript|node|\$SHELL)$/;
const optionsWithValue = new Set(["-W", "-X"]);

/** The scripts a command runs by a plain relative path, in order. */
export function scriptCalls(command: string): ScriptCall[] {
  const calls: ScriptCall[] = [];
  let words: ShellWord[] = [];
  for (const word of [...shellWords(command), null]) {
    if (word && !word.isOperator) {
      words.push(word);
      continue;
    }
    const call = callOf(words);
    if (call) calls.push(call);
    words = [];
  }
  return calls;
}

function callOf(words: ShellWord[]): ScriptCall | null {
  let i = 0;
  // Assignments and wrappers before the program: `A=1 time python x.py`.
  while (i < words.length && /^(?:[A-Za-z_]\w*=.*|env|time|exec|nohup|nice)$/.test(words[i]?.text ?? "")) i++;
  const program = words[i];
  if (!program) return null;
  let script: ShellWord | undefined;
  let path: string;
  let isModule = false;
  if (programs.test(program.text)) {
    i++;
    const isPython = /python|pypy/.test(program.text);
    for (; words[i]?.text.startsWith("-"); i++) {
      const option = words[i]?.text ?? "";
      // Short options may stand together: -um.
      if (/^-[A-Za-z]*c$/.test(option)) return null;
      if (isPython && /^-[A-Za-z]*m$/.test(option)) {
        isModule = true;
        i++;
        break;
      }
      if (isPython && optionsWithValue.has(option)) i++;
    }
    script = words[i];
    if (!script) return null;
    if (isModule && !/^[A-Za-z_][\w.]*$/.test(script.text)) return null;
    path = isModule ? `${script.text.replaceAll(".", "/")}.py` : script.text;
  } else if (/\.(?:py|sh|R)$/.test(program.text)) {
    script = program;
    path = program.text;
  } else return null;
  if (/[{}$*?~`]/.test(path) || path.startsWith("/")) return null;
  const options = words
    .slice(i + 1)
    .filter((word) => /^--[A-Za-z]/.test(word.text))
    .map((word) => {
      const name = word.text.split("=")[0] ?? "";
      return { name, start: word.start, end: word.start + name.length };
    });
  return { path: path.replace(/^\.\//, ""), isModule, start: script.start, end: script.end, options };
}
