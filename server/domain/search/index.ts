export { type OrderKey, parseOrderBy } from "./order-by";
export { checkMaxResults, cutPage, readPageToken, writePageToken } from "./page-token";
export {
  type Clause,
  type Grammar,
  numberComparators,
  parseFilter,
  textAndListComparators,
  textAndNullComparators,
  textComparators,
} from "./parse";
export { compareNumber, compareText, SqlValues } from "./sql";
