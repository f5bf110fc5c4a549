export type PreviewKind = "image" | "csv" | "json" | "markdown" | "html" | "text" | "none";

const byExtension: Record<string, PreviewKind> = {
  png: "image", jpg: "image", jpeg: "image", gif: "image", webp: "image", svg: "image", bmp: "image", avif: "image", ico: "image",
  csv: "csv", tsv: "csv", json: "json", geojson: "json", md: "markdown", markdown: "markdown", html: "html", htm: "html",
};
const text = new Set(
  "txt log py r jl js ts tsx jsx mjs java scala go rs c h cpp hpp cs sh bash zsh ps1 sql yaml yml toml ini cfg conf env xml ipynb jsonl ndjson rst tex css scss diff patch dockerfile makefile gitignore lock properties proto mlproject mlmodel".split(" "),
);

/** How a file is shown, by its name: names that say nothing are offered for download. */
export function previewKind(path: string): PreviewKind {
  const name = (path.split("/").at(-1) ?? "").toLowerCase();
  const extension = name.includes(".") ? (name.split(".").at(-1) ?? "") : name;
  return byExtension[extension] ?? (text.has(extension) ? "text" : "none");
}

/** Where a run's artifact is read; the session's or the share link's cookie lets it through. */
export function artifactHref(runId: string, path: string): string {
  return `/get-artifact?${new URLSearchParams({ run_id: runId, path })}`;
}
