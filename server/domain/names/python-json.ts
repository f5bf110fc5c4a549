import { invalid } from "@/server/errors";

const maxDepth = 100;

/** A value, or its beginning, as Python's `json.dumps(…, sort_keys=True, separators=(",", ":"))` writes it; MLflow's messages hold values so. */
export function pythonJson(value: unknown, depth = 0): string {
  if (typeof value === "object" && value !== null && depth > 8) return '"…"';
  if (Array.isArray(value)) return `[${value.slice(0, 50).map((v) => pythonJson(v, depth + 1)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).slice(0, 50).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${text(k)}:${pythonJson(v, depth + 1)}`).join(",")}}`;
  }
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

/** The same as `json.dumps(…)` with nothing set writes it: blanks behind commas and colons, fields in their order. For what clients compare or read back as text. @throws DomainError `invalid` beyond 100 levels. */
export function pythonDumps(value: unknown, depth = 0): string {
  if (depth > maxDepth) throw invalid(`This JSON has more than ${maxDepth} levels.`);
  if (Array.isArray(value)) return `[${value.map((v) => pythonDumps(v, depth + 1)).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([k, v]) => `${text(k)}: ${pythonDumps(v, depth + 1)}`).join(", ")}}`;
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

const text = (value: string) => JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
