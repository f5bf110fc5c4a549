import type { z } from "zod";
import { type FieldProblem, invalid } from "../errors";
import { documentRoute } from "./document-route";
import { fileRoutes } from "./files";
import { launchRoutes } from "./launches";
import { projectRoutes } from "./projects";
import type { Route } from "./route";
import { shareRoutes } from "./shares";

/** Every call there is; the document is made from this same table. */
export const routes: Route[] = [...projectRoutes, ...fileRoutes, ...launchRoutes, ...shareRoutes, documentRoute(() => routes)];

type Compiled = { route: Route; pattern: RegExp; names: string[] };

const compiled: Compiled[] = routes.map((route) => {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return name === "path" ? "(.+)" : "([^/]+)";
  });
  return { route, names, pattern: new RegExp(`^${source}/?$`) };
});

export type Match = { route: Route; params: Record<string, string> } | { allowed: string[] };

/** The route of a path below the base; when the path is known with other methods, those. */
export function match(method: string, path: string): Match {
  const allowed: string[] = [];
  for (const { route, pattern, names } of compiled) {
    const found = pattern.exec(path);
    if (!found) continue;
    if (route.method !== method) {
      allowed.push(route.method);
      continue;
    }
    return { route, params: Object.fromEntries(names.map((name, i) => [name, decode(found[i + 1] ?? "")])) };
  }
  return { allowed };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("The address holds a % that is no escape. Write %25 for a % sign.");
  }
}

/** @throws DomainError `invalid` that names each field and what is wrong with it. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const problems: FieldProblem[] = result.error.issues.slice(0, 50).map((issue) => ({ field: issue.path.map(String).join(".").slice(0, 200) || "body", message: issue.message }));
  throw invalid(problems.map((p) => `${p.field}: ${p.message}`).join(". "), problems);
}
