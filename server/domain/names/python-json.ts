/** A value as Python's `json.dumps(…, sort_keys=True, separators=(",", ":"))` writes it; MLflow's messages hold values so. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 50).map(pythonJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).slice(0, 50).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${text(k)}:${pythonJson(v)}`).join(",")}}`;
  }
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

/** The same as `json.dumps(…)` with nothing set writes it: blanks behind commas and colons, fields in their order. For what clients compare or read back as text. */
export function pythonDumps(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonDumps).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([k, v]) => `${text(k)}: ${pythonDumps(v)}`).join(", ")}}`;
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

const text = (value: string) => JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
