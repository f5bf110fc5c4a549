import { DomainError } from "@/server/errors";
import type { Handler } from "./door";
import { MethodNotAllowed } from "./method-not-allowed";

export type Route = [method: string, path: string, handler: Handler];

/** Exact paths in a Map; the few with `{id}` or a trailing `{path*}` in a list behind it. */
export class Router {
  private readonly exact = new Map<string, Map<string, Handler>>();
  private readonly patterns: { method: string; names: string[]; pattern: RegExp; handler: Handler }[] = [];

  /** Every route, with its path as it was written; for the tests that go through all of them. */
  constructor(readonly routes: readonly Route[]) {
    for (const [method, path, handler] of routes) {
      if (path.includes("{")) this.patterns.push({ method, handler, ...compile(path) });
      else this.exact.set(path, (this.exact.get(path) ?? new Map<string, Handler>()).set(method, handler));
    }
  }

  /**
   * The handler of a raw (still encoded) path, and its parameters decoded once.
   *
   * @throws DomainError ENDPOINT_NOT_FOUND; MethodNotAllowed for a path that has other methods.
   */
  find(method: string, path: string): { handler: Handler; params: Record<string, string> } {
    const byMethod = this.exact.get(path);
    const exact = byMethod?.get(method);
    if (exact) return { handler: exact, params: {} };
    const allowed = [...(byMethod?.keys() ?? [])];
    for (const p of this.patterns) {
      const match = p.pattern.exec(path);
      if (!match) continue;
      allowed.push(p.method);
      if (p.method === method) return { handler: p.handler, params: Object.fromEntries(p.names.map((name, i) => [name, decode(match[i + 1] ?? "")])) };
    }
    if (allowed.length > 0) throw new MethodNotAllowed(method, [...new Set(allowed)]);
    throw new DomainError("not_found", "The requested URL was not found on the server.", { errorCode: "ENDPOINT_NOT_FOUND" });
  }

  /** Each route as `METHOD path`, for the tests that go through all of them. */
  get paths(): string[] {
    return [...[...this.exact].flatMap(([path, methods]) => [...methods.keys()].map((m) => `${m} ${path}`)), ...this.patterns.map((p) => `${p.method} ${p.pattern.source}`)];
  }
}

function compile(path: string): { names: string[]; pattern: RegExp } {
  const names: string[] = [];
  const source = path.replace(/[.]/g, "\\.").replace(/\{(\w+)(\*?)\}/g, (_, name: string, rest: string) => {
    names.push(name);
    return rest ? "(.+)" : "([^/]+)";
  });
  return { names, pattern: new RegExp(`^${source}$`) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DomainError("invalid", "The URL holds an escape that cannot be read.");
  }
}
