import type { AnyValue } from "./types";

/*
 * JSON as Python's json module writes it: `, ` and `: ` between parts, a float with its `.0`. What is stored in this form is
 * what MLflow's filters (`span.content LIKE …`, `feedback.x = '1.0'`) are written against.
 */

const maxDepth = 100;

/** @throws RangeError for what nests too deep. */
export function pythonJson(value: AnyValue, depth = 0): string {
  if (depth > maxDepth) throw new RangeError("nested too deep");
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return pythonFloat(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map((v) => pythonJson(v, depth + 1)).join(", ")}]`;
  return `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${pythonJson(v, depth + 1)}`).join(", ")}}`;
}

/** A double as Python's repr has it. What no JSON can hold is put in quotes. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"';
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e16 || size < 1e-4) return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const mark = "\u0000n";
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON with its numbers told apart, as Python does: a whole number is a bigint, one with a point or an exponent a number.
 *
 * @throws SyntaxError for what is no JSON.
 */
export function parsePythonJson(text: string): AnyValue {
  if (!/\d/.test(text)) return JSON.parse(text) as AnyValue;
  return unmark(JSON.parse(text.replace(token, (t) => (t.startsWith('"') ? t : `"\\u0000n${t}"`))));
}

function unmark(value: unknown): AnyValue {
  if (typeof value === "string") {
    if (!value.startsWith(mark)) return value;
    const digits = value.slice(mark.length);
    return /[.eE]/.test(digits) ? Number(digits) : BigInt(digits);
  }
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== "object" || value === null) return value as AnyValue;
  const result: { [key: string]: AnyValue } = {};
  for (const [key, inner] of Object.entries(value)) Object.defineProperty(result, key, { value: unmark(inner), enumerable: true, configurable: true, writable: true });
  return result;
}
