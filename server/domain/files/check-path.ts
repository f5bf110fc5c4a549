import { invalid } from "@/server/errors";

const control = /[\u0000-\u001f\u007f]/;

/** What is wrong with a project path, with its mend; null when it can be used as it is. */
export function pathProblem(path: string): string | null {
  const say = (what: string) => `The path '${path.slice(0, 200).replaceAll(new RegExp(control, "g"), "?")}' ${what}`;
  if (path === "") return "A path is empty. Write one such as train.py or data/raw.csv.";
  if (control.test(path)) return say("holds a control character. Leave it out.");
  if (path.includes("\\")) return say("holds a backslash. Write / between folders.");
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return say("is absolute. Write it from the project's folder on, such as data/raw.csv.");
  if (path.endsWith("/")) return say("ends with /. Write the file's name after it.");
  if (Buffer.byteLength(path) > 1024) return say("is longer than 1024 bytes. Use shorter names or fewer folders.");
  if (!path.isWellFormed()) return say("is not well-formed text. Use ordinary characters.");
  for (const part of path.split("/")) {
    if (part === "") return say("holds an empty part (//). Write one / between folders.");
    if (part === "." || part === "..") return say(`holds '${part}'. A path stays inside the project: write it without '${part}'.`);
    if (Buffer.byteLength(part) > 255) return say("holds a name longer than 255 bytes. Use a shorter one.");
    // What some file systems take for .git; git refuses such trees.
    if (/^\.git[. ]*$/i.test(part) || /^git~\d+$/i.test(part)) return say("names git's own folder. Project history is kept by Flowbook; leave that folder out.");
  }
  return null;
}

/** @throws DomainError `invalid` with the mend. */
export function checkPath(path: string, field = "path"): string {
  const problem = pathProblem(path);
  if (problem) throw invalid(problem, [{ field, message: problem }]);
  return path;
}

/** The folders above a path: "a/b/c.py" → ["a", "a/b"]. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

/**
 * What hinders paths from standing beside each other in one folder tree: a file where another path needs a folder, or one
 * path twice. Null when nothing does.
 */
export function clashProblem(paths: Iterable<string>): string | null {
  const files = new Set<string>();
  for (const path of paths) {
    if (files.has(path)) return `The path '${path}' is there twice. Keep one of them.`;
    files.add(path);
  }
  for (const path of files) {
    for (const folder of foldersOf(path)) {
      if (files.has(folder)) return `'${folder}' is a file, and '${path}' needs a folder of that name. Rename one of them.`;
    }
  }
  return null;
}
