import { invalid } from "@/server/errors";
import { lex, shown, type Token } from "./lex";

export type Comparator = "=" | "!=" | ">" | ">=" | "<" | "<=" | "LIKE" | "ILIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";
export type EntityKind = "metric" | "param" | "tag" | "attribute" | "dataset";

/** `metrics.acc > 0.9` → {entity: "metric", key: "acc", comparator: ">", value: 0.9}. */
export type Clause = { entity: EntityKind; key: string; comparator: Comparator; value: string | number | string[] | null };

/** What an attribute is compared by: text, a number, text with IN, a number that may stand in quotes. */
export type AttributeRule = { column: string; type: "text" | "number"; comparators: readonly Comparator[]; mayQuoteNumber?: boolean };

/** The language of one search: its entities, its attributes under each name that MLflow accepts. */
export type Grammar = {
  entities: Record<string, EntityKind>;
  attributes: Record<string, AttributeRule>;
  /** Comparators of each keyed entity. */
  comparators: Partial<Record<EntityKind, readonly Comparator[]>>;
};

export const numberComparators = ["=", "!=", ">", ">=", "<", "<="] as const;
export const textComparators = ["=", "!=", "LIKE", "ILIKE"] as const;
export const textAndListComparators = [...textComparators, "IN", "NOT IN"] as const;
export const textAndNullComparators = [...textComparators, "IS NULL", "IS NOT NULL"] as const;

const maxClauses = 256;
const numberPattern = /^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Parses a filter: clauses joined by AND, no OR, NOT or parentheses, the value on the right.
 *
 * @throws DomainError `invalid`, with MLflow's words where it has some.
 */
export function parseFilter(filter: string | undefined, grammar: Grammar): Clause[] {
  if (filter === undefined || filter.trim() === "") return [];
  const tokens = lex(filter);
  const clauses: Clause[] = [];
  let at = 0;

  const peekWord = (offset = 0): string | undefined => {
    const t = tokens[at + offset];
    return t?.kind === "word" && t.quote === undefined ? t.text.toUpperCase() : undefined;
  };

  for (;;) {
    const start = at;
    const { identifier, next } = readIdentifier(tokens, at, grammar);
    at = next;
    const comparator = readComparator();
    const rule = ruleFor(identifier, grammar);
    if (!comparator || !rule.comparators.includes(comparator)) {
      throw invalid(`Invalid clause(s) in filter string: ${clauseText(tokens, start)}. Comparators for ${describe(identifier)} are ${rule.comparators.join(", ")}.`);
    }
    clauses.push({ ...identifier, key: rule.column, comparator, value: readValue(comparator, rule, start, identifier) });
    if (clauses.length > maxClauses) throw invalid(`Invalid filter string: it has more than ${maxClauses} clauses.`);
    if (at >= tokens.length) return clauses;
    if (peekWord() !== "AND") throw invalid(`Invalid clause(s) in filter string: ${shown(tokens[at]?.raw ?? "")}`);
    at++;
    if (at >= tokens.length) throw invalid("Invalid clause(s) in filter string: 'AND' at the end");
  }

  function readComparator(): Comparator | undefined {
    const token = tokens[at];
    if (token?.kind === "op") {
      at++;
      return (token.text === "<>" || token.text === "==" ? undefined : token.text) as Comparator | undefined;
    }
    const word = peekWord();
    if (word === "LIKE" || word === "ILIKE" || word === "IN") {
      at++;
      return word;
    }
    if (word === "NOT" && peekWord(1) === "IN") {
      at += 2;
      return "NOT IN";
    }
    if (word === "IS" && peekWord(1) === "NULL") {
      at += 2;
      return "IS NULL";
    }
    if (word === "IS" && peekWord(1) === "NOT" && peekWord(2) === "NULL") {
      at += 3;
      return "IS NOT NULL";
    }
    return undefined;
  }

  function readValue(comparator: Comparator, rule: AttributeRule, start: number, identifier: Identifier): Clause["value"] {
    if (comparator === "IS NULL" || comparator === "IS NOT NULL") return null;
    if (comparator === "IN" || comparator === "NOT IN") return readList(start);
    const token = tokens[at];
    if (token?.kind !== "word") throw invalid(`Invalid clause(s) in filter string: ${clauseText(tokens, start)}. A value is missing.`);
    at++;
    if (rule.type === "number") {
      const isQuoted = token.quote !== undefined;
      if ((isQuoted && !rule.mayQuoteNumber) || !numberPattern.test(token.text.trim())) {
        throw invalid(`Expected numeric value type for ${describe(identifier)}. Found ${shown(token.raw)}`);
      }
      return Number(token.text);
    }
    if (token.quote !== "'" && token.quote !== '"') {
      throw invalid(`Expected a quoted string value for ${describe(identifier)} (e.g. 'my-value'). Got value ${shown(token.raw)}`);
    }
    return token.text;
  }

  function readList(start: number): string[] {
    const bad = () => invalid(`Invalid clause(s) in filter string: ${clauseText(tokens, start)}. Write a list of quoted strings, such as ('a', 'b').`);
    const values: string[] = [];
    const open = tokens[at++];
    if (open?.kind !== "punctuation" || open.text !== "(") throw bad();
    for (;;) {
      const value = tokens[at++];
      if (value?.kind !== "word" || (value.quote !== "'" && value.quote !== '"')) throw bad();
      values.push(value.text);
      const end = tokens[at++];
      if (end?.kind !== "punctuation" || end.text === "(") throw bad();
      if (end.text === ")") return values;
      const after = tokens[at];
      if (after?.kind === "punctuation" && after.text === ")") {
        at++;
        return values;
      }
    }
  }
}

export type Identifier = { entity: EntityKind; key: string };

/** Reads `metrics.acc`, ``tags.`a b` `` or a bare attribute at `at`. @throws DomainError `invalid`. */
export function readIdentifier(tokens: Token[], at: number, grammar: Grammar): { identifier: Identifier; next: number } {
  const first = tokens[at];
  if (first?.kind !== "word" || first.quote === "'") throw invalid(`Invalid clause(s) in filter string: ${clauseText(tokens, at)}`);
  if (first.quote !== undefined) return { identifier: attribute(first.text), next: at + 1 };

  const dot = first.text.indexOf(".");
  if (dot >= 0) {
    const entityName = first.text.slice(0, dot);
    const entity = grammar.entities[entityName.trim().toLowerCase()];
    if (!entity) throw invalid(`Invalid entity type ${shown(entityName)}. Valid values are ${Object.keys(grammar.entities).join(", ")}`);
    const rest = first.text.slice(dot + 1);
    const quoted = tokens[at + 1];
    if (rest === "" && quoted?.kind === "word" && quoted.quote !== undefined && quoted.isGlued) {
      return { identifier: keyed(entity, quoted.text), next: at + 2 };
    }
    if (rest === "") throw invalid(`Invalid clause(s) in filter string: ${clauseText(tokens, at)}. A key is missing after '${entityName}.'`);
    return { identifier: keyed(entity, rest), next: at + 1 };
  }

  // `run name` and `Run name` are two words in MLflow's grammar.
  const second = tokens[at + 1];
  if (second?.kind === "word" && second.quote === undefined) {
    const both = `${first.text} ${second.text}`;
    if (Object.hasOwn(grammar.attributes, both)) return { identifier: attribute(both), next: at + 2 };
  }
  return { identifier: attribute(first.text), next: at + 1 };

  function keyed(entity: EntityKind, key: string): Identifier {
    return entity === "attribute" ? attribute(key) : { entity, key };
  }

  function attribute(key: string): Identifier {
    if (!Object.hasOwn(grammar.attributes, key)) {
      throw invalid(`Invalid attribute key ${shown(key)} specified. Valid keys are ${Object.keys(grammar.attributes).join(", ")}`);
    }
    return { entity: "attribute", key };
  }
}

/** How this identifier is compared; for an attribute `column` is its SQL name, otherwise the key itself. @throws DomainError `invalid`. */
export function ruleFor({ entity, key }: Identifier, grammar: Grammar): AttributeRule {
  if (entity === "attribute") {
    const rule = grammar.attributes[key];
    if (rule) return rule;
  }
  if (entity === "dataset" && !["name", "digest", "context"].includes(key)) {
    throw invalid(`Invalid dataset key ${shown(key)} specified. Valid keys are name, digest, context`);
  }
  return { column: key, type: entity === "metric" ? "number" : "text", comparators: grammar.comparators[entity] ?? [] };
}

const describe = ({ entity, key }: Identifier): string => (entity === "attribute" ? `attribute ${shown(key)}` : `${entity} ${shown(key)}`);

function clauseText(tokens: Token[], from: number): string {
  const words = tokens.slice(from, from + 4).map((t) => t.raw);
  return shown(words.join(" "));
}
