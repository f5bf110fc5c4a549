import { invalid } from "@/server/errors";
import type { AttributeRule, EntityKind, Grammar } from "./grammar";
import { clipped, shown, type Token } from "./lex";

export type Identifier = { entity: EntityKind; key: string };

const bareKey = /^[\p{L}\p{N}_*][\p{L}\p{M}\p{N}_.]*$/u;
const datasetKeys = ["name", "digest", "context"];

/**
 * Reads `metrics.acc`, ``tags.`a b` `` or a bare attribute at `at`.
 *
 * @throws DomainError `invalid`, in MLflow's words.
 */
export function readIdentifier(tokens: Token[], at: number, grammar: Grammar, attributes = grammar.attributes): { identifier: Identifier; next: number } {
  const first = tokens[at];
  if (first?.kind !== "word" || first.quote === "'" || (first.quote === undefined && /^[-+.\d]/.test(first.text))) {
    throw invalid(`Invalid comparison clause. Expected 'Identifier' found ${shown(first?.raw ?? "")}. Write a key such as metrics.accuracy on the left.`);
  }

  // `tags`.`a`: the entity in backticks.
  const second = tokens[at + 1];
  if (first.quote === "`" && second?.kind === "word" && second.isGlued && second.quote === undefined && second.text.startsWith(".")) {
    return afterDot(first.text, second.text.slice(1), at + 1);
  }
  if (first.quote !== undefined) {
    if (first.text.includes(".")) throw invalid(grammar.badEntity(clipped(first.raw.slice(0, first.raw.indexOf(".")))));
    return { identifier: attribute(grammar.refusesQuotedAttributes ? first.raw : first.text), next: at + 1 };
  }
  const dot = first.text.indexOf(".");
  if (dot < 0) return { identifier: attribute(first.text), next: at + 1 };
  return afterDot(first.text.slice(0, dot), first.text.slice(dot + 1), at);

  function afterDot(entityName: string, rest: string, last: number): { identifier: Identifier; next: number } {
    const entity = Object.hasOwn(grammar.entities, entityName) ? grammar.entities[entityName] : undefined;
    if (!entity) throw invalid(grammar.badEntity(clipped(entityName)));
    const quoted = tokens[last + 1];
    if (rest === "" && quoted?.kind === "word" && quoted.quote !== undefined && quoted.isGlued) {
      return { identifier: keyed(entity, quoted.text), next: last + 2 };
    }
    if (rest === "") throw invalid(`Invalid clause(s) in filter string: ${shown(`${entityName}.`)}. A key is missing after the dot.`);
    if (!bareKey.test(rest)) {
      throw invalid(`Invalid comparison clause. Expected 'Identifier' found ${shown(`${entityName}.${rest}`)}. Put the key into backticks: ${clipped(entityName)}.\`${clipped(rest)}\`.`);
    }
    return { identifier: keyed(entity, rest), next: last + 1 };
  }

  function keyed(entity: EntityKind, key: string): Identifier {
    if (entity === "attribute") return attribute(key);
    if (entity === "dataset" && !datasetKeys.includes(key)) throw invalid(`Invalid dataset key ${shown(key)} specified. Valid keys are '${datasetKeys.join("', '")}'`);
    return { entity, key };
  }

  function attribute(key: string): Identifier {
    if (!Object.hasOwn(attributes, key)) {
      throw invalid(`Invalid attribute key ${shown(key)} specified. Valid keys are '${Object.keys(attributes).join("', '")}'`);
    }
    return { entity: "attribute", key };
  }
}

/** How this identifier is compared. */
export function ruleFor({ entity, key }: Identifier, grammar: Grammar): AttributeRule {
  const rule = entity === "attribute" ? grammar.attributes[key] : undefined;
  return rule ?? { column: "", type: entity === "metric" ? "number" : "text", comparators: grammar.comparators[entity] ?? [] };
}
