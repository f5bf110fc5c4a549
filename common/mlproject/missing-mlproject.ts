import type { Problem, ProjectFile } from "./types";

/** Says that a project declares nothing, and offers an MLproject made from the scripts in its root. */
export function missingMlproject(files: readonly ProjectFile[]): Problem[] {
  const scripts = files.map((file) => file.path).filter((path) => /^[\w-]+\.(?:py|sh|R)$/.test(path) && !/^(?:setup|conftest|__\w+)\.py$/.test(path));
  const programs: Record<string, string> = { py: "python", sh: "bash", R: "Rscript" };
  const names = scripts.length > 0 ? scripts : ["main.py"];
  const entries = names.map((path) => {
    const [stem, extension = "py"] = path.split(".");
    return `  ${stem}:\n    command: "${programs[extension]} ${path}"\n`;
  });
  const edit = { path: "MLproject", startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, text: `entry_points:\n${entries.join("\n")}` };
  return [
    {
      path: "MLproject",
      severity: "warning",
      message: "This project has no MLproject file, so files can be run only by their names. Add one that names the entry points.",
      fix: { title: "Add an MLproject", edits: [edit] },
    },
  ];
}
