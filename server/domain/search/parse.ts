import { invalid } from "@/server/errors";
import type { AttributeRule, Clause, Comparator, Filter, Grammar } from "./grammar";
import { type Identifier, readIdentifier, ruleFor } from "./identifier";
import { clipped, lex, place, shown, type Token } from "./lex";

export const maxClauses = 100;
export const maxDepth = 32;
const maxListLength = 10_000;
const numberPattern = /^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** A filter of the searches whose language is MLflow's own: clauses joined by AND. @throws DomainError `invalid`. */
export function parseFilter(filter: string | undefined, grammar: Grammar): Clause[] {
  const tree = parseFilterTree(filter, grammar);
  if (!tree) return [];
  const parts = tree.op === "and" ? tree.parts : [tree];
  return parts.map((p) => {
    if (p.op !== "clause") throw new Error("a grammar without logic gave logic");
    return p.clause;
  });
}

/**
 * Parses a filter: clauses joined by AND, the value on the right; where the grammar has logic also OR, NOT and parentheses, NOT
 * before AND before OR. Null: no filter.
 *
 * @throws DomainError `invalid`, with MLflow's words where it has some.
 */
export function parseFilterTree(filter: string | undefined, grammar: Grammar): Filter | null {
  if (!filter) return null;
  const tokens = lex(filter);
  if (tokens.length === 0) throw invalid(`Invalid filter ${shown(filter)}. Could not be parsed.`);
  const parser = new Parser(tokens, grammar);
  const tree = parser.readOr(0);
  parser.end();
  return tree;
}

class Parser {
  private at = 0;
  private clauses = 0;

  constructor(
    private readonly tokens: Token[],
    private readonly grammar: Grammar,
  ) {}

  /** The filter ends here. */
  end(): void {
    const token = this.tokens[this.at];
    if (!token) return;
    if (token.kind === "punctuation" && token.text === ")" && this.grammar.hasLogic) throw invalid(`Invalid clause(s) in filter string: ')' ${place(token.at)} closes nothing.`);
    throw this.refusal(token, "Join clauses with AND.");
  }

  readOr(depth: number): Filter {
    const parts = [this.readAnd(depth)];
    while (this.takeLogic("OR")) parts.push(this.readAnd(depth));
    return join("or", parts);
  }

  private readAnd(depth: number): Filter {
    const parts = [this.readNot(depth)];
    while (this.keyword() === "AND") {
      const and = this.tokens[this.at++];
      if (this.at >= this.tokens.length) throw invalid(`Invalid clause(s) in filter string: 'AND' ${place(and?.at ?? 0)} has nothing after it.`);
      parts.push(this.readNot(depth));
    }
    return join("and", parts);
  }

  private readNot(depth: number): Filter {
    const token = this.tokens[this.at];
    if (depth > maxDepth) throw invalid(`Invalid filter string: it is nested more than ${maxDepth} deep ${place(token?.at ?? 0)}. Take out parentheses and NOTs.`);
    if (this.takeLogic("NOT")) return { op: "not", part: this.readNot(depth + 1) };
    if (token?.kind === "punctuation" && token.text === "(") {
      if (!this.grammar.hasLogic) throw this.refusal(token);
      this.at++;
      const inner = this.readOr(depth + 1);
      const close = this.tokens[this.at++];
      if (close?.kind !== "punctuation" || close.text !== ")") {
        throw invalid(`Invalid clause(s) in filter string: '(' ${place(token.at)} ${close ? `is not closed before ${shown(close.raw)} ${place(close.at)}. Join clauses with AND or OR.` : "is not closed."}`);
      }
      return inner;
    }
    return { op: "clause", clause: this.readClause() };
  }

  private readClause(): Clause {
    const { tokens, grammar } = this;
    const start = this.at;
    const first = tokens[start];
    if (!first) throw invalid("Invalid clause(s) in filter string: a clause is missing at the end.");
    const word = this.keyword();
    if (word === "AND" || word === "OR" || word === "NOT") throw this.refusal(first, "A clause, such as metrics.a > 1, is missing before it.");
    if (++this.clauses > maxClauses) throw invalid(`Invalid filter string: it has more than ${maxClauses} clauses ${place(first.at)}.`);
    if (first.kind === "word" && first.quote === undefined && tokens[start + 1]?.kind === "word" && !this.readsComparator(start + 1) && !tokens[start + 1]?.isGlued) throw this.refusal(first);
    const { identifier, next } = readIdentifier(tokens, start, grammar);
    this.at = next;
    const operator = tokens[next];
    const comparator = this.readComparator();
    const rule = ruleFor(identifier, grammar);
    if (comparator === "IS NULL" || comparator === "IS NOT NULL") {
      if (!rule.comparators.includes(comparator)) throw invalid(noNulls(identifier, grammar));
    } else if (!comparator) {
      throw operator?.kind === "op" || (operator && tokens[next + 1])
        ? invalid(`Invalid comparator ${shown(operator.raw)} not one of '${rule.comparators.join("', '")}' ${place(operator.at)}`)
        : this.refusal(first, "A comparator and a value are missing.");
    }
    const value = this.readValue(comparator, rule, identifier, first.at);
    if (!rule.comparators.includes(comparator)) throw invalid(`Invalid comparator '${comparator}' not one of '${rule.comparators.join("', '")}' ${place(operator?.at ?? first.at)}`);
    return { ...identifier, ...(identifier.entity === "attribute" ? { column: rule.column } : {}), comparator, value };
  }

  private readComparator(): Comparator | undefined {
    const token = this.tokens[this.at];
    const found = this.readsComparator(this.at);
    if (!token || !found) return undefined;
    this.at += found.length;
    return found.comparator;
  }

  private readsComparator(at: number): { comparator: Comparator; length: number } | undefined {
    const token = this.tokens[at];
    if (token?.kind === "op") return token.text === "<>" || token.text === "==" ? undefined : { comparator: token.text as Comparator, length: 1 };
    const word = this.keyword(at);
    if (word === "LIKE" || word === "ILIKE" || word === "IN") return { comparator: word, length: 1 };
    if (word === "NOT" && this.keyword(at + 1) === "IN") return { comparator: "NOT IN", length: 2 };
    if (word === "IS" && this.keyword(at + 1) === "NULL") return { comparator: "IS NULL", length: 2 };
    if (word === "IS" && this.keyword(at + 1) === "NOT" && this.keyword(at + 2) === "NULL") return { comparator: "IS NOT NULL", length: 3 };
    return undefined;
  }

  private readValue(comparator: Comparator, rule: AttributeRule, identifier: Identifier, at: number): Clause["value"] {
    if (comparator === "IS NULL" || comparator === "IS NOT NULL") return null;
    const token = this.tokens[this.at];
    const isList = token?.kind === "punctuation" && token.text === "(";
    if (isList && rule.comparators.includes("IN")) {
      if (comparator !== "IN" && comparator !== "NOT IN") throw invalid(`Invalid clause(s) in filter string: a list ${place(token.at)} is compared with IN or NOT IN.`);
      return this.readList();
    }
    if (isList) throw invalid(noList(identifier, this.grammar, rule, this.textUntilClose()));
    if (comparator === "IN" || comparator === "NOT IN") throw invalid(`Invalid clause(s) in filter string: ${comparator} ${place(at)} wants a list, such as ('a', 'b').`);
    if (token?.kind !== "word") throw invalid(`Invalid clause(s) in filter string: a value is missing in the clause ${place(at)}.`);
    this.at++;
    if (rule.type === "text") return this.asText(token, identifier);
    return asNumber(token, rule, identifier);
  }

  private asText(token: Token & { kind: "word" }, { entity }: Identifier): string {
    if (token.quote === "'" || token.quote === '"') return token.text;
    if (this.grammar.hasBareText && token.quote === undefined) return token.text;
    if (numberPattern.test(token.text) && entity !== "attribute") throw invalid(`Expected a quoted string value for ${entityWord[entity]} (e.g. 'my-value'). Got value ${clipped(token.raw)}`);
    if (numberPattern.test(token.text)) throw invalid(`Expected a quoted string value for attributes. Got value ${clipped(token.raw)}`);
    throw invalid(`Parameter value is either not quoted or unidentified quote types used for string value ${clipped(token.raw)}. Use either single or double quotes.`);
  }

  private readList(): string[] {
    const open = this.tokens[this.at++] as Token;
    const values: string[] = [];
    for (;;) {
      const value = this.tokens[this.at];
      if (value?.kind === "punctuation" && value.text === ")") {
        if (values.length === 0) throw invalid("While parsing a list in the query, expected a non-empty list of string values, but got empty list");
        this.at++;
        return values;
      }
      if (value?.kind !== "word" || (value.quote !== "'" && value.quote !== '"')) {
        const isIllFormed = value?.kind !== "word" || value.quote === "`";
        throw invalid(
          isIllFormed
            ? `While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list. ${place(open.at)}`
            : `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${clipped(value.raw)}`,
        );
      }
      values.push(value.text);
      if (values.length > maxListLength) throw invalid(`Invalid filter string: the list ${place(open.at)} has more than ${maxListLength} values.`);
      this.at++;
      const after = this.tokens[this.at];
      if (after?.kind === "punctuation" && after.text === ",") this.at++;
      else if (after?.kind !== "punctuation" || after.text !== ")") {
        throw invalid(`While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list. ${place(after?.at ?? open.at)}`);
      }
    }
  }

  private textUntilClose(): string {
    const words: string[] = [];
    for (let i = this.at; i < this.tokens.length && i < this.at + 20; i++) {
      words.push(this.tokens[i]?.raw ?? "");
      if (this.tokens[i]?.raw === ")") break;
    }
    return clipped(words.join(""));
  }

  /** The bare word at `at` in capitals. */
  private keyword(at = this.at): string | undefined {
    const t = this.tokens[at];
    return t?.kind === "word" && t.quote === undefined ? t.text.toUpperCase() : undefined;
  }

  private takeLogic(word: "OR" | "NOT"): boolean {
    if (this.keyword() !== word) return false;
    const token = this.tokens[this.at] as Token;
    if (!this.grammar.hasLogic) throw this.refusal(token);
    this.at++;
    if (this.at >= this.tokens.length) throw invalid(`Invalid clause(s) in filter string: '${word}' ${place(token.at)} has nothing after it.`);
    return true;
  }

  private refusal(token: Token, mend = "") {
    return invalid(`Invalid clause(s) in filter string: ${shown(token.raw)} ${place(token.at)}${mend ? `. ${mend}` : ""}`);
  }
}

const join = (op: "and" | "or", parts: Filter[]): Filter => {
  const [only] = parts;
  return parts.length === 1 && only ? only : { op, parts: parts.flatMap((p) => ("parts" in p && p.op === op ? p.parts : [p])) };
};

/** MLflow's names of the entities in its messages. */
const entityWord = { metric: "metric", param: "parameter", tag: "tag", dataset: "dataset attributes", attribute: "attributes" } as const;

function asNumber(token: Token & { kind: "word" }, rule: AttributeRule, { entity, key }: Identifier): number | bigint {
  const isQuoted = token.quote !== undefined;
  if ((isQuoted && !rule.mayQuoteNumber) || (!isQuoted && !numberPattern.test(token.text))) {
    throw invalid(`Expected numeric value type for ${entity === "metric" ? "metric" : `numeric attribute: ${key}`}. Found ${clipped(token.raw)}`);
  }
  const text = token.text.trim();
  const isWhole = /^-?\d+$/.test(text);
  if (rule.type === "integer" && !isWhole) throw invalid(`Invalid value for numeric attribute '${key}': ${shown(text)}`);
  if (entity === "metric" || !isWhole) return Number(text);
  if (text.length > 400) throw invalid(`Invalid value for numeric attribute '${key}': ${shown(text)}`);
  const whole = BigInt(text);
  return whole >= int64.min && whole <= int64.max ? whole : Number(text);
}

function noNulls({ entity, key }: Identifier, grammar: Grammar): string {
  const can = (["tag", "param"] as const).filter((e) => grammar.comparators[e]?.includes("IS NULL"));
  if (can.length === 0) return `IS NULL / IS NOT NULL is not supported here. Compare ${key} with a value.`;
  return `IS NULL / IS NOT NULL is only supported for ${can.map((e) => `${e}s`).join(" and ")}, not for '${entity}' '${clipped(key)}'`;
}

function noList({ entity }: Identifier, grammar: Grammar, rule: AttributeRule, text: string): string {
  if (rule.type === "number" && entity === "metric") return `Expected numeric value type for metric. Found ${text}`;
  if (entity !== "attribute") return `Expected a quoted string value for ${entityWord[entity]} (e.g. 'my-value'). Got value ${text}`;
  const able = Object.entries(grammar.attributes).flatMap(([name, r]) => (r.comparators.includes("IN") ? [name] : []));
  return `Only ['${able.sort().join("', '")}'] attributes support comparison with a list of quoted string values.`;
}
