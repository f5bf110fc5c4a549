export type Comparator = "=" | "!=" | ">" | ">=" | "<" | "<=" | "LIKE" | "ILIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";
export type EntityKind = "metric" | "param" | "tag" | "attribute" | "dataset";

/** `metrics.acc > 0.9` → {entity: "metric", key: "acc", comparator: ">", value: 0.9}. An attribute brings the column it stands for. */
export type Clause = {
  entity: EntityKind;
  key: string;
  column?: string;
  comparator: Comparator;
  /** A whole number of an integer attribute is a bigint, so that none loses digits. */
  value: string | number | bigint | string[] | null;
};

/** A filter as a tree. AND and OR have at least two parts. */
export type Filter = { op: "and" | "or"; parts: Filter[] } | { op: "not"; part: Filter } | { op: "clause"; clause: Clause };

/** An attribute's column and what it is compared by: text, any number, or whole numbers alone (which may stand in quotes). */
export type AttributeRule = { column: string; type: "text" | "number" | "integer"; comparators: readonly Comparator[]; mayQuoteNumber?: boolean };

/** The language of one search. */
export type Grammar = {
  /** Under each name that MLflow accepts, in its letter case. */
  entities: Readonly<Record<string, EntityKind>>;
  /** MLflow's words for a name that is none of them. */
  badEntity: (name: string) => string;
  attributes: Readonly<Record<string, AttributeRule>>;
  /** Attributes that order a result; the same as `attributes` where not given. */
  orderAttributes?: Readonly<Record<string, AttributeRule>>;
  /** Comparators of each keyed entity. */
  comparators: Partial<Record<EntityKind, readonly Comparator[]>>;
  /** OR, NOT and parentheses, which MLflow has in no search. */
  hasLogic?: boolean;
  /** Texts need no quotes (logged models). */
  hasBareText?: boolean;
  /** Attributes may not stand in quotes (the registry). */
  refusesQuotedAttributes?: boolean;
  /** Entities that order a result beside attributes. */
  orderEntities: readonly EntityKind[];
};

export const numberComparators = ["=", "!=", ">", ">=", "<", "<="] as const;
export const textComparators = ["=", "!=", "LIKE", "ILIKE"] as const;
export const textAndListComparators = [...textComparators, "IN", "NOT IN"] as const;
export const textAndNullComparators = [...textComparators, "IS NULL", "IS NOT NULL"] as const;

/** MLflow's words in the searches of experiments and the registry. */
export const registryEntities = {
  entities: { attribute: "attribute", tag: "tag", tags: "tag" },
  badEntity: (name: string) => `Invalid entity type '${name}'. Valid entity types are ('attribute', 'tag', 'tags')`,
} as const;
