import { invalid } from "@/server/errors";
import type { EntityKind, Grammar } from "./grammar";
import { readIdentifier } from "./identifier";
import { lex, shown } from "./lex";

/** An attribute's `key` is the name as written, its `column` the SQL that it stands for. */
export type OrderKey = { entity: EntityKind; key: string; column?: string; isAscending: boolean };
const maxOrderKeys = 32;

/**
 * Parses `order_by` items such as `metrics.acc DESC`.
 *
 * @throws DomainError `invalid` for an unknown key, more than 32 of them, or one named twice (also under two names).
 */
export function parseOrderBy(orderBy: readonly string[] | undefined, grammar: Grammar): OrderKey[] {
  if (!orderBy) return [];
  if (orderBy.length > maxOrderKeys) throw invalid(`Invalid order_by: it has more than ${maxOrderKeys} fields.`);
  const attributes = grammar.orderAttributes ?? grammar.attributes;
  const keys = orderBy.map((text): OrderKey => {
    const tokens = lex(text);
    const first = tokens[0];
    if (first?.kind !== "word" || first.quote === "'") throw invalid(`Invalid order_by clause ${shown(text)}. Could not be parsed.`);
    const { identifier, next } = readIdentifier(tokens, 0, grammar, attributes);
    const rest = tokens.slice(next);
    const direction = rest[0]?.kind === "word" && rest[0].quote === undefined ? rest[0].text.toUpperCase() : undefined;
    if (rest.length > 1) throw invalid(`Invalid order_by clause ${shown(text)}. Could not be parsed. Write a field, then ASC or DESC.`);
    if (rest.length === 1 && direction !== "ASC" && direction !== "DESC") throw invalid(`Invalid ordering key in order_by clause ${shown(text)}.`);
    if (identifier.entity !== "attribute" && !grammar.orderEntities.includes(identifier.entity)) throw invalid(`Invalid order_by entity: ${identifier.entity}`);
    const column = identifier.entity === "attribute" ? attributes[identifier.key]?.column : undefined;
    return { ...identifier, ...(column === undefined ? {} : { column }), isAscending: direction !== "DESC" };
  });
  const seen = new Set(keys.map((k) => `${k.entity}.${k.column ?? k.key}`));
  if (seen.size < keys.length) throw invalid(`\`order_by\` contains duplicate fields: ${shown(orderBy.join(", "))}`);
  return keys;
}
