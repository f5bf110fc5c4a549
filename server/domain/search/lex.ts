import { invalid } from "@/server/errors";

/** `quote` is the character a word stood in; undefined for a bare word. `glued` words stand directly against the token before. */
export type Token =
  | { kind: "word"; text: string; quote?: "'" | '"' | "`"; isGlued: boolean; raw: string }
  | { kind: "op"; text: string; raw: string }
  | { kind: "punctuation"; text: "(" | ")" | ","; raw: string };

const operators = ["!=", ">=", "<=", "<>", "==", "=", ">", "<"];
export const maxFilterLength = 64 * 1024;

/**
 * Cuts MLflow's filter language into tokens. Quotes have no escape, as in MLflow.
 *
 * @throws DomainError `invalid` for an unclosed quote, a `;`, a NUL, or a filter beyond 64 KiB.
 */
export function lex(text: string): Token[] {
  if (text.length > maxFilterLength) throw invalid(`Invalid filter string: it is longer than ${maxFilterLength} characters.`);
  if (text.includes("\u0000") || !text.isWellFormed()) throw invalid("Invalid filter string: it holds characters that cannot be stored.");
  const tokens: Token[] = [];
  let at = 0;
  let isGlued = false;
  while (at < text.length) {
    const c = text[at] as string;
    if (/\s/.test(c)) {
      at++;
      isGlued = false;
      continue;
    }
    if (c === "'" || c === '"' || c === "`") {
      const end = text.indexOf(c, at + 1);
      if (end < 0) throw invalid(`Invalid clause(s) in filter string: ${shown(text.slice(at))} has no closing quote`);
      tokens.push({ kind: "word", text: text.slice(at + 1, end), quote: c, isGlued, raw: text.slice(at, end + 1) });
      at = end + 1;
    } else if (c === "(" || c === ")" || c === ",") {
      tokens.push({ kind: "punctuation", text: c, raw: c });
      at++;
    } else if (operators.some((o) => text.startsWith(o, at))) {
      const op = operators.find((o) => text.startsWith(o, at)) as string;
      tokens.push({ kind: "op", text: op, raw: op });
      at += op.length;
    } else if (c === "!" || c === ";") {
      throw invalid(`Invalid clause(s) in filter string: ${shown(c)}`);
    } else {
      let end = at;
      while (end < text.length && !/[\s'"`(),=<>!;]/.test(text[end] as string)) end++;
      const word = text.slice(at, end);
      tokens.push({ kind: "word", text: word, isGlued, raw: word });
      at = end;
    }
    isGlued = true;
  }
  return tokens;
}

/** A piece of the caller's text, fit for an error message. */
export const shown = (text: string): string => `'${text.length > 120 ? `${text.slice(0, 120)}…` : text}'`;
