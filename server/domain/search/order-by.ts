import { invalid } from "@/server/errors";
import { lex, shown } from "./lex";
import { type EntityKind, type Grammar, readIdentifier, ruleFor } from "./parse";

export type OrderKey = { entity: EntityKind; key: string; isAscending: boolean };
const maxOrderKeys = 32;

/**
 * Parses `order_by` items such as `metrics.acc DESC`.
 *
 * @throws DomainError `invalid` for an unknown key, more than 32 of them, or one named twice.
 */
export function parseOrderBy(orderBy: readonly string[] | undefined, grammar: Grammar): OrderKey[] {
  if (!orderBy) return [];
  if (orderBy.length > maxOrderKeys) throw invalid(`Invalid order_by: more than ${maxOrderKeys} fields.`);
  const keys = orderBy.map((text): OrderKey => {
    const tokens = lex(text);
    if (tokens.length === 0) throw invalid(`Invalid order_by clause ${shown(text)}.`);
    const { identifier, next } = readIdentifier(tokens, 0, grammar);
    const rest = tokens.slice(next);
    const direction = rest[0]?.kind === "word" && rest[0].quote === undefined ? rest[0].text.toUpperCase() : undefined;
    if (rest.length > 1 || (rest.length === 1 && direction !== "ASC" && direction !== "DESC")) {
      throw invalid(`Invalid order_by clause ${shown(text)}. Write a field, then ASC or DESC.`);
    }
    if (identifier.entity === "dataset") throw invalid(`Invalid order_by clause ${shown(text)}: datasets have no order.`);
    return { entity: identifier.entity, key: ruleFor(identifier, grammar).column, isAscending: direction !== "DESC" };
  });
  const seen = new Set(keys.map((k) => `${k.entity}.${k.key}`));
  if (seen.size < keys.length) throw invalid(`\`order_by\` contains duplicate fields: ${shown(orderBy.join(", "))}`);
  return keys;
}
