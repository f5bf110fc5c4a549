export {
  type AttributeRule,
  type Clause,
  type Comparator,
  type Filter,
  type Grammar,
  numberComparators,
  registryEntities,
  textAndListComparators,
  textAndNullComparators,
  textComparators,
} from "./grammar";
export { afterSql, orderSql, type Position, positionSql, type SortKey } from "./keyset";
export { lex, shown, type Token } from "./lex";
export { type OrderKey, parseOrderBy } from "./order-by";
export { checkMaxResults, cutPage, queryHash, readPageToken, writePageToken } from "./page-token";
export { maxClauses, maxDepth, parseFilter, parseFilterTree } from "./parse";
export { compare, compareNumber, compareText, SqlValues } from "./sql";
