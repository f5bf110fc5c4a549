/*
 * PostgreSQL's text form of an array, for a parameter that is cast to an array type. The driver's own way of writing arrays escapes
 * every element by itself, which for thousands of numbers costs more than storing them.
 */

export function numberArray(values: Iterable<number | bigint>): string {
  let text = "";
  for (const v of values) {
    if (text !== "") text += ",";
    // String(-0) is "0"; the sign is kept, as the clients' doubles have it.
    text += Object.is(v, -0) ? "-0" : String(v);
  }
  return `{${text}}`;
}

const special = /["\\]/g;

export function textArray(values: Iterable<string | null>): string {
  let text = "";
  for (const v of values) {
    if (text !== "") text += ",";
    text += v === null ? "NULL" : `"${v.replace(special, "\\$&")}"`;
  }
  return `{${text}}`;
}
