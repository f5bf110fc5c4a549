import { type EnvironmentFile, readEnvironment, type Requirement } from "./environment-file";
import { Places } from "./places";
import type { Problem } from "./types";
import { compareVersions, meets, minorOf } from "./versions";

export type { EnvironmentFile } from "./environment-file";

/** Pythons for which a package's releases have wheels, where there is no source to build instead. Releases up to each row's first version and from the row before. */
const wheels: Record<string, { below: string; pythons: string[] }[]> = {
  tensorflow: [
    { below: "1.13", pythons: ["2.7", "3.3", "3.4", "3.5", "3.6"] },
    { below: "2.2", pythons: ["2.7", "3.5", "3.6", "3.7"] },
    { below: "2.4", pythons: ["3.5", "3.6", "3.7", "3.8"] },
    { below: "2.5", pythons: ["3.6", "3.7", "3.8"] },
    { below: "2.7", pythons: ["3.6", "3.7", "3.8", "3.9"] },
    { below: "2.8", pythons: ["3.7", "3.8", "3.9"] },
    { below: "2.12", pythons: ["3.7", "3.8", "3.9", "3.10"] },
    { below: "2.14", pythons: ["3.8", "3.9", "3.10", "3.11"] },
    { below: "2.16", pythons: ["3.9", "3.10", "3.11"] },
    { below: "2.20", pythons: ["3.9", "3.10", "3.11", "3.12"] },
  ],
  torch: [
    { below: "1.5", pythons: ["2.7", "3.5", "3.6", "3.7", "3.8"] },
    { below: "1.8", pythons: ["3.6", "3.7", "3.8"] },
    { below: "1.11", pythons: ["3.6", "3.7", "3.8", "3.9"] },
    { below: "1.13", pythons: ["3.7", "3.8", "3.9", "3.10"] },
    { below: "2.0", pythons: ["3.7", "3.8", "3.9", "3.10", "3.11"] },
    { below: "2.2", pythons: ["3.8", "3.9", "3.10", "3.11"] },
    { below: "2.5", pythons: ["3.8", "3.9", "3.10", "3.11", "3.12"] },
  ],
};
for (const name of ["tensorflow-cpu", "tensorflow-gpu"]) wheels[name] = wheels.tensorflow ?? [];

/** What to ask for in place of a release that has no wheel. */
const todays: Record<string, string> = { tensorflow: ">=2.16", "tensorflow-cpu": ">=2.16", "tensorflow-gpu": ">=2.16", torch: ">=2.2" };

/** The order in which an interpreter is offered: versions that most packages have wheels for come first. */
const preferred = ["3.11", "3.12", "3.10", "3.13", "3.14"];

/**
 * Which lines of an environment file cannot be had on this machine, what can, and the change that mends it. A fix is
 * only offered; nothing is relaxed without being asked. Pure: it knows the interpreters it is told of (`3.11.7`) and a
 * small table of wheels, so a line it does not name may fail yet.
 */
export function checkEnvironment(file: EnvironmentFile, { interpreters }: { interpreters: readonly string[] }): Problem[] {
  const places = new Places(file.path, file.text);
  const spec = readEnvironment(file);
  const problems: Problem[] = [];
  const available = [...interpreters].sort((a, b) => compareVersions(b, a));
  const offered = offeredOf(available, spec.python?.spec ?? "");
  let python = offered;
  if (spec.python) {
    const wanted = spec.python;
    const fitting = available.filter((version) => meets(version, wanted.spec));
    const best = preferred.find((minor) => fitting.some((version) => minorOf(version) === minor));
    python = best ?? (fitting[0] ? minorOf(fitting[0]) : offered);
    if (fitting.length === 0) problems.push(missingPython(file, wanted, available, offered, places));
  } else if (available.length === 0) {
    problems.push(places.problem("error", { start: 0, end: 0 }, "There is no Python on this machine. Install one, 3.10 or newer."));
  }
  for (const requirement of spec.requirements) {
    const problem = python ? missingWheel(requirement, python, available, places) : null;
    if (problem) problems.push(problem);
  }
  return problems;
}

/** The version to offer: near to what is asked for when that is a version of today, else the one most packages have wheels for. */
function offeredOf(available: readonly string[], spec: string): string | null {
  const minors = [...new Set(available.map(minorOf))].sort(compareVersions);
  const minor = (version: string) => Number(/^3\.(\d+)/.exec(version)?.[1] ?? 0);
  const asked = minor(/3\.\d+/.exec(spec)?.[0] ?? "");
  if (asked >= 10) {
    const near = minors.filter((each) => minor(each) >= 10).sort((a, b) => Math.abs(minor(a) - asked) - Math.abs(minor(b) - asked))[0];
    if (near) return near;
  }
  return preferred.find((each) => minors.includes(each)) ?? minors.at(-1) ?? null;
}

function missingPython(file: EnvironmentFile, wanted: { spec: string; start: number; end: number }, available: string[], offered: string | null, places: Places): Problem {
  const name = wanted.spec.replace(/^=+/, "");
  const minors = [...new Set(available.map(minorOf))].sort(compareVersions);
  if (!offered) return places.problem("error", wanted, `Python ${name} is not on this machine, and no other is. Install one, 3.10 or newer.`);
  const text = file.kind === "conda" ? `python=${offered}` : `"${offered}"`;
  return places.problem("error", wanted, `Python ${name} cannot be had here. This machine has ${listed(minors)}. Write ${text}.`, {
    title: `Write ${text}`,
    edits: [places.edit(wanted.start, wanted.end, text)],
  });
}

function missingWheel(requirement: Requirement, python: string, available: string[], places: Places): Problem | null {
  const pinned = /^={1,3}\s*(\d[\d.]*)/.exec(requirement.spec)?.[1]?.replace(/\.$/, "");
  const row = pinned ? wheels[requirement.name]?.find((each) => compareVersions(pinned, each.below) < 0) : undefined;
  const today = todays[requirement.name];
  if (!pinned || !row || !today || row.pythons.includes(python)) return null;
  const text = `${requirement.text.slice(0, requirement.text.length - requirement.spec.length).trimEnd()}${today}`;
  const others = [...new Set(available.map(minorOf))].filter((minor) => row.pythons.includes(minor)).sort(compareVersions);
  const also = others.length > 0 ? ` This machine also has ${listed(others.map((minor) => `Python ${minor}`))}, which it would take.` : "";
  // Written in the file with quotes or a comment around it, the entry's own text is what changes.
  const at = places.text.indexOf(requirement.text, requirement.start);
  const start = at >= 0 && at < requirement.end ? at : requirement.start;
  const end = at >= 0 && at < requirement.end ? at + requirement.text.length : requirement.end;
  const isMarked = requirement.text.includes(";") || !requirement.text.endsWith(requirement.spec);
  return places.problem(
    "error",
    { start, end },
    `${requirement.name} ${pinned} cannot be had for Python ${python}: it was built for ${listed(row.pythons)} only.${also} Write ${text}.`,
    isMarked ? undefined : { title: `Write ${text}`, edits: [places.edit(start, end, text)] },
  );
}

const listed = (names: string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
