import type { YamlNode } from "./yaml-nodes";

/** Python's `repr(float)`: shortest digits, exponent form below 1e-4 and from 1e16. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const sign = value < 0 ? "-" : "";
  const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

const shortEscapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `\x1f`, `\u200b` or `\U0001f3c3`. */
export function pythonEscape(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** Python's `repr(str)`: single quotes unless only a double quote avoids escaping. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (shortEscapes[char]) out += shortEscapes[char];
    else if (char === quote) out += `\\${quote}`;
    // What Python's isprintable() refuses.
    else if (char !== " " && /[\p{C}\p{Z}]/u.test(char)) out += pythonEscape(code);
    else out += char;
  }
  return quote + out + quote;
}

const longestText = 100_000;

/**
 * Python's `str()` of a value that PyYAML loaded.
 * @throws RangeError when the text grows past 100,000 characters, as nested aliases can make it.
 */
export function pythonStr(node: YamlNode): string {
  if (node.kind === "str") return node.value;
  const out: string[] = [];
  writeRepr(node, out, { left: longestText });
  return out.join("");
}

function writeRepr(node: YamlNode, out: string[], budget: { left: number }): void {
  const put = (text: string) => {
    budget.left -= text.length;
    if (budget.left < 0) throw new RangeError("The value is too large.");
    out.push(text);
  };
  switch (node.kind) {
    case "str":
      return put(pythonRepr(node.value));
    case "null":
      return put("None");
    case "bool":
      return put(node.value ? "True" : "False");
    case "int":
      return put(node.value.toString());
    case "float":
      return put(pythonFloat(node.value));
    case "list":
      put("[");
      node.items.forEach((item, i) => {
        if (i > 0) put(", ");
        writeRepr(item, out, budget);
      });
      return put("]");
    case "map":
      put("{");
      node.entries.forEach((entry, i) => {
        if (i > 0) put(", ");
        writeRepr(entry.key, out, budget);
        put(": ");
        writeRepr(entry.value, out, budget);
      });
      return put("}");
  }
}

/** Python's `str()` of a value that came as JSON: `true` is `True`, 1e-5 is `1e-05`, 3 is `3`. */
export function pythonStrOfJson(value: string | number | boolean): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value).toString() : pythonFloat(value);
}
