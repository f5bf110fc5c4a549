import { type EntryPoint, fallbackEntryPoint, type Outline } from "@/common/mlproject";
import { invalid } from "@/server/errors";

/**
 * The declared entry point of that name, or what MLflow makes of a file's name (`x.py`, `x.sh`).
 * @throws DomainError `invalid` that names those there are, or the MLproject's own fault when it could not be read.
 */
export function findEntryPoint(outline: Outline, name: string): EntryPoint {
  const declared = outline.entryPoints.find((e) => e.name === name);
  if (declared) return declared;

  const broken = outline.problems.find((p) => p.severity === "error" && p.path === (outline.mlprojectPath ?? "MLproject"));
  if (broken && outline.entryPoints.length === 0) {
    throw refused(`The MLproject cannot be read${broken.line ? ` (line ${broken.line})` : ""}: ${broken.message}`);
  }
  const fallback = fallbackEntryPoint(name);
  if (fallback) return fallback;
  const names = outline.entryPoints.map((e) => e.name);
  throw refused(
    names.length > 0
      ? `There is no entry point '${name.slice(0, 100)}'. This project has: ${names.join(", ")}.`
      : `There is no entry point '${name.slice(0, 100)}': the MLproject declares none. Add one under entry_points:, or name a .py or .sh file.`,
  );
}

const refused = (message: string) => invalid(message, [{ field: "entry_point", message }]);
