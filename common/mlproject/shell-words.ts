/** Python's `shlex.quote`. */
export function shellQuote(text: string): string {
  if (text === "") return "''";
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

export type ShellWord = {
  /** The word with quotes and backslashes taken away. */
  text: string;
  /** Offsets in the command. */
  start: number;
  end: number;
  /** `|`, `&&`, `;`, a newline, … between commands. */
  isOperator: boolean;
};

/** Splits a command line into words, as far as a lint needs: quotes, backslashes, operators; nothing is expanded. */
export function shellWords(command: string): ShellWord[] {
  const words: ShellWord[] = [];
  let i = 0;
  while (i < command.length) {
    const char = command[i] as string;
    if (char === "\\" && command[i + 1] === "\n") {
      i += 2;
      continue;
    }
    if (char === "\n" || "|&;()<>".includes(char)) {
      const start = i;
      while (i < command.length && (command[i] === char || (char === "&" && command[i] === "|"))) i++;
      words.push({ text: command.slice(start, i), start, end: i, isOperator: true });
      continue;
    }
    if (/\s/.test(char)) {
      i++;
      continue;
    }
    if (char === "#") {
      while (i < command.length && command[i] !== "\n") i++;
      continue;
    }
    const start = i;
    let text = "";
    while (i < command.length && !/[\s|&;()<>]/.test(command[i] as string)) {
      const c = command[i] as string;
      if (c === "'" || c === '"') {
        const close = closingQuote(command, i);
        text += command.slice(i + 1, close);
        i = close + 1;
      } else if (c === "\\" && i + 1 < command.length) {
        if (command[i + 1] === "\n") break;
        text += command[i + 1];
        i += 2;
      } else if (c === "$" && command[i + 1] === "(") {
        const close = closingParen(command, i + 1);
        text += command.slice(i, close + 1);
        i = close + 1;
      } else {
        text += c;
        i++;
      }
    }
    words.push({ text, start, end: Math.min(i, command.length), isOperator: false });
  }
  return words;
}

function closingQuote(command: string, open: number): number {
  const quote = command[open];
  for (let i = open + 1; i < command.length; i++) {
    if (command[i] === "\\" && quote === '"') i++;
    else if (command[i] === quote) return i;
  }
  return command.length;
}

function closingParen(command: string, open: number): number {
  let depth = 0;
  for (let i = open; i < command.length; i++) {
    if (command[i] === "(") depth++;
    else if (command[i] === ")" && --depth === 0) return i;
  }
  return command.length;
}
