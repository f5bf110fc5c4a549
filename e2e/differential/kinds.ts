import type { DifferenceKind } from "./accepted";
import type { Seen } from "./play";

/** The kinds that an answer of MLflow's shows by itself; any other is written at its request. */
export function mechanicalKind(theirs: Seen, ours: Seen): DifferenceKind | null {
  if (theirs.status >= 500 && theirs.status !== 501 && ours.status < 500) return "5xx";
  const isEnvelope = typeof (ours.json as { error_code?: unknown } | undefined)?.error_code === "string";
  const isForeign = theirs.status >= 400 && (theirs.json === undefined || "detail" in (theirs.json as object));
  if (isForeign && ours.status === theirs.status && isEnvelope) return "no-envelope";
  const { message } = (theirs.json ?? {}) as { message?: unknown };
  if (theirs.status === 400 && typeof message === "string" && /\(sqlite3\.|\(psycopg2\./.test(message) && ours.status >= 400 && ours.status < 500) return "database-words";
  return null;
}
