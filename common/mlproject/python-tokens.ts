export type PythonToken = {
  kind: "name" | "number" | "string" | "op";
  text: string;
  start: number;
  end: number;
  /** A string's contents between its quotes, as written. */
  value?: string;
  /** True for f-strings, whose value holds code. */
  isFormat?: boolean;
};

/** One logical line: it may span several lines of text inside brackets. */
export type PythonStatement = { indent: number; tokens: PythonToken[] };
export type PythonSource = { text: string; statements: PythonStatement[] };

const opening = new Set(["(", "[", "{"]);
const closing = new Set([")", "]", "}"]);
const longOps = /^(?:\*\*=|\/\/=|>>=|<<=|\.\.\.|==|!=|<=|>=|->|:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|@=|\*\*|\/\/|<<|>>)/;

/** Cuts Python source into statements of tokens, as far as lints need it; broken source gives what could be read. */
export function readPython(text: string): PythonSource {
  const statements: PythonStatement[] = [];
  let tokens: PythonToken[] = [];
  let indent = 0;
  let depth = 0;
  let isLineStart = true;
  let i = 0;
  const endStatement = () => {
    if (tokens.length > 0) statements.push({ indent, tokens });
    tokens = [];
  };
  while (i < text.length) {
    const char = text[i] as string;
    if (char === "\n") {
      i++;
      if (depth === 0) {
        endStatement();
        isLineStart = true;
      }
    } else if (char === "\\" && /^\\\r?\n/.test(text.slice(i, i + 3))) {
      i = text.indexOf("\n", i) + 1;
    } else if (/\s/.test(char)) {
      i++;
    } else if (char === "#") {
      while (i < text.length && text[i] !== "\n") i++;
    } else {
      if (isLineStart && depth === 0) indent = i - (text.lastIndexOf("\n", i - 1) + 1);
      isLineStart = false;
      if (char === ";" && depth === 0) {
        endStatement();
        i++;
        continue;
      }
      const token = readString(text, i) ?? readOther(text, i);
      if (opening.has(token.text)) depth++;
      if (closing.has(token.text)) depth = Math.max(0, depth - 1);
      tokens.push(token);
      i = token.end;
    }
  }
  endStatement();
  return { text, statements };
}

function readString(text: string, start: number): PythonToken | null {
  const prefix = /^[A-Za-z]{0,2}(?=["'])/.exec(text.slice(start, start + 3))?.[0];
  if (prefix === undefined || !/^(?:|[rbuf]|[rbf][rbf])$/i.test(prefix)) return null;
  const open = start + prefix.length;
  const quote = text[open] as string;
  const fence = text.startsWith(quote.repeat(3), open) ? quote.repeat(3) : quote;
  let i = open + fence.length;
  while (i < text.length && !text.startsWith(fence, i)) {
    if (fence.length === 1 && text[i] === "\n") break;
    i += text[i] === "\\" ? 2 : 1;
  }
  const close = Math.min(i, text.length);
  const end = Math.min(close + fence.length, text.length);
  return { kind: "string", text: text.slice(start, end), start, end, value: text.slice(open + fence.length, close), isFormat: /f/i.test(prefix) };
}

function readOther(text: string, start: number): PythonToken {
  const rest = text.slice(start, start + 200);
  const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(rest)?.[0];
  if (name) return { kind: "name", text: name, start, end: start + name.length };
  const number = /^(?:\d[\w.]*|\.\d[\w.]*)/.exec(rest)?.[0];
  if (number) return { kind: "number", text: number, start, end: start + number.length };
  const op = longOps.exec(rest)?.[0] ?? (rest[0] as string);
  return { kind: "op", text: op, start, end: start + op.length };
}

/** True when the tokens from `at` on read exactly so: `["mlflow", ".", "run", "("]`. */
export function reads(tokens: readonly PythonToken[], at: number, texts: readonly string[]): boolean {
  return texts.every((text, i) => tokens[at + i]?.kind !== "string" && tokens[at + i]?.text === text);
}

/** A call that goes on for longer is none that a person wrote; calls inside each other that never end would each be read to the end. */
const longestCall = 1_000;

/** The arguments of the call whose opening bracket is at `open`: token groups between its own commas. */
export function argumentsOf(tokens: readonly PythonToken[], open: number): PythonToken[][] {
  const groups: PythonToken[][] = [[]];
  let depth = 0;
  for (let i = open; i < Math.min(tokens.length, open + longestCall); i++) {
    const token = tokens[i] as PythonToken;
    if (token.kind === "op" && closing.has(token.text) && --depth === 0) break;
    if (token.kind === "op" && token.text === "," && depth === 1) groups.push([]);
    else if (i > open) groups.at(-1)?.push(token);
    if (token.kind === "op" && opening.has(token.text)) depth++;
  }
  return groups.filter((group) => group.length > 0);
}

/** The keyword of an argument (`required` of `required=True`) and its value's tokens. */
export function keywordOf(argument: readonly PythonToken[]): { name: string; value: PythonToken[] } | null {
  if (argument[0]?.kind !== "name" || argument[1]?.text !== "=") return null;
  return { name: argument[0].text, value: argument.slice(2) };
}

/** Whether a statement reads the variable: a bare name, or a name inside an f-string; attributes and keywords do not count. */
export function readsName(tokens: readonly PythonToken[], name: string): boolean {
  return tokens.some((token, i) => {
    if (token.kind === "string") return token.isFormat === true && new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(token.value ?? "");
    if (token.kind !== "name" || token.text !== name || tokens[i - 1]?.text === ".") return false;
    return tokens[i + 1]?.text !== "=";
  });
}
