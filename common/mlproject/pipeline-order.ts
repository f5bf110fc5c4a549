import { launchCalls } from "./python-launches";
import { readPython } from "./python-tokens";
import type { EntryPoint, ProjectFile } from "./types";

/**
 * The order in which a person reads a pipeline: by `needs` and `from`; where there are none, by the order in which
 * main's Python calls `mlflow.run`; the rest as written, and `main` last.
 */
export function pipelineOrder(entryPoints: EntryPoint[], files: readonly ProjectFile[], report: (entryPoint: EntryPoint, message: string) => void): EntryPoint[] {
  const main = entryPoints.find((each) => each.name === "main");
  const rest = entryPoints.filter((each) => each !== main);
  const names = new Set(entryPoints.map((each) => each.name));
  for (const each of entryPoints) {
    for (const need of each.needs) {
      if (!names.has(need)) report(each, `'${each.name}' needs '${need}', and there is no entry point of that name. Known are ${[...names].join(", ")}.`);
    }
  }
  const called = calledSteps(main, files);
  const written = new Map(rest.map((each, i) => [each, i]));
  const rank = (each: EntryPoint) => {
    const at = called.indexOf(each.name);
    return at < 0 ? called.length + (written.get(each) ?? 0) : at;
  };
  rest.sort((a, b) => rank(a) - rank(b));
  const ordered: EntryPoint[] = [];
  const waiting = new Set<EntryPoint>();
  const visit = (each: EntryPoint) => {
    if (ordered.includes(each)) return;
    if (waiting.has(each)) {
      report(each, `'${each.name}' needs itself, by way of ${each.needs.join(", ")}. Take one needs away.`);
      return;
    }
    waiting.add(each);
    for (const need of each.needs) {
      const other = rest.find((candidate) => candidate.name === need);
      if (other) visit(other);
    }
    waiting.delete(each);
    if (!ordered.includes(each)) ordered.push(each);
  };
  rest.forEach(visit);
  return main ? [...ordered, main] : ordered;
}

function calledSteps(main: EntryPoint | undefined, files: readonly ProjectFile[]): string[] {
  const source = files.find((file) => file.path === main?.sourceFile)?.text;
  if (!source || !main?.sourceFile?.endsWith(".py")) return [];
  return [...new Set(launchCalls(readPython(source)).flatMap((call) => call.entryPoint?.value ?? []))];
}
