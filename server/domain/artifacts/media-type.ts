import { lookup } from "mime-types";
import { baseName } from "./paths";

const textExtensions = new Set(
  `txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json jsonl js py py3 csv tsv md rst ipynb jinja j2 jinja2 sh r sql ts css`.split(" "),
);
const textNames = new Set(["mlmodel", "mlproject", "dockerfile", "makefile", "license", "requirements"]);

/** What an artifact is sent as: MLflow's texts as text/plain, the rest by its name. The bytes are never looked at. */
export function mediaTypeOf(path: string): string {
  const name = baseName(path).toLowerCase();
  const dot = name.lastIndexOf(".");
  if (dot < 0) return textNames.has(name) ? "text/plain" : "application/octet-stream";
  if (textExtensions.has(name.slice(dot + 1))) return "text/plain";
  return lookup(name) || "application/octet-stream";
}
