const byName: Record<string, string> = { mlproject: "yaml", dockerfile: "dockerfile", makefile: "plaintext", "readme": "markdown", ".gitignore": "plaintext" };
const byEnding: Record<string, string> = {
  py: "python", pyw: "python", yaml: "yaml", yml: "yaml", sh: "shell", bash: "shell", md: "markdown", markdown: "markdown",
  json: "json", ipynb: "json", geojson: "json", r: "r", sql: "sql", toml: "ini", ini: "ini", cfg: "ini", conf: "ini",
  java: "java", scala: "scala", js: "javascript", mjs: "javascript", ts: "typescript", html: "html", xml: "xml", css: "css",
  c: "cpp", h: "cpp", cc: "cpp", cpp: "cpp", hpp: "cpp", go: "go", rs: "rust", jl: "julia",
};

/** The editor's language for a file's path; plain text for what it does not know. */
export function languageOf(path: string): string {
  const name = (path.split("/").at(-1) ?? "").toLowerCase();
  return byName[name] ?? byEnding[name.split(".").at(-1) ?? ""] ?? "plaintext";
}
