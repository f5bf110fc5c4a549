import { posix } from "node:path";
import { invalid } from "@/server/errors";
import { pythonJson } from "./python-json";

/** MLflow's limit for the keys of metrics, params and tags, in characters. */
export const maxKeyLength = 250;

/**
 * MLflow's rule for the names of metrics, params and tags of any kind: letters and digits of every script, `_ - . : /` and blanks,
 * and nothing that reads as another path. `path` is the field in MLflow's words, `noun` what it calls a name that is too long.
 *
 * @throws DomainError `invalid`.
 */
export function checkKeyName(key: string, path: string, noun: string = path): void {
  // Python's \w, and its `$`, which lets one newline pass at the end.
  if (!/^[/\p{L}\p{N}_.\- :]*\n?$/u.test(key)) {
    throw invalid(`Invalid value ${shown(key)} for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`);
  }
  const normal = normpath(key);
  if (normal !== key || normal === "." || normal.startsWith("..") || normal.startsWith("/")) {
    throw invalid(
      `Invalid value ${shown(key)} for parameter '${path}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${clip(normal)}'`,
    );
  }
  checkLength(key, maxKeyLength, noun);
}

/** @throws DomainError `invalid` in MLflow's words. Counted in characters, not in UTF-16 units. */
export function checkLength(value: string, limit: number, noun: string): void {
  if (value.length > limit && (value.length > 2 * limit || [...value].length > limit)) throw invalid(`'${noun}' exceeds the maximum length of ${limit} characters`);
}

/** As Python's posixpath.normpath: no slash at the end, and nothing is a dot. */
function normpath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, "") : normal;
}

const clip = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
const shown = (text: string) => pythonJson(clip(text));
