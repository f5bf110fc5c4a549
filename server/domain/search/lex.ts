import { invalid } from "@/server/errors";

/** `at` is where the token begins in the text; a glued one stands directly against the token before; `raw` is what the caller wrote. */
export type Token = { at: number; raw: string; isGlued: boolean } & (
  | { kind: "word"; text: string; quote?: "'" | '"' | "`" }
  | { kind: "op"; text: string }
  | { kind: "punctuation"; text: "(" | ")" | "," }
);

const operators = ["!=", ">=", "<=", "<>", "==", "=", ">", "<"];
export const maxFilterLength = 64 * 1024;

/** MLflow's strings: a doubled quote and a quote after a backslash do not end one, and stay in the value as they are written. */
const quoted = { "'": /'(?:''|\\'|[^'])*'/y, '"': /"(?:""|\\"|[^"])*"/y, "`": /`(?:``|[^`])*`/y };
const bare = /[^\s'"`(),=<>!;]+/y;
const blank = /\s+/y;

/**
 * Cuts MLflow's filter language into tokens.
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
    const space = match(blank, text, at);
    if (space) {
      at += space.length;
      isGlued = false;
      continue;
    }
    const c = text[at] as string;
    const op = operators.find((o) => text.startsWith(o, at));
    let raw: string;
    if (c === "'" || c === '"' || c === "`") {
      const found = match(quoted[c], text, at);
      if (!found) throw invalid(`Invalid clause(s) in filter string: ${shown(text.slice(at))} ${place(at)} has no closing quote.`);
      raw = found;
      tokens.push({ kind: "word", at, raw, isGlued, text: raw.slice(1, -1), quote: c });
    } else if (c === "(" || c === ")" || c === ",") {
      raw = c;
      tokens.push({ kind: "punctuation", at, raw, isGlued, text: c });
    } else if (op) {
      raw = op;
      tokens.push({ kind: "op", at, raw, isGlued, text: op });
    } else {
      const word = match(bare, text, at);
      if (!word) throw invalid(`Invalid clause(s) in filter string: ${shown(c)}`);
      raw = word;
      tokens.push({ kind: "word", at, raw, isGlued, text: word });
    }
    at += raw.length;
    isGlued = true;
  }
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** A piece of the caller's text, fit for an error message. */
export const shown = (text: string): string => `'${clipped(text)}'`;
export const clipped = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);
/** Where in the filter something is, counted from 1. */
export const place = (at: number): string => `(at character ${at + 1})`;
