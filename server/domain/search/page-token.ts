import { invalid } from "@/server/errors";

/** MLflow's page token: base64 of `{"offset": n}`. */
export const writePageToken = (offset: number): string => Buffer.from(JSON.stringify({ offset })).toString("base64");

/** @throws DomainError `invalid` for anything that `writePageToken` does not make. */
export function readPageToken(token: string | undefined): number {
  if (!token) return 0;
  try {
    if (token.length <= 200 && /^[A-Za-z0-9+/=_-]+$/.test(token)) {
      const { offset } = JSON.parse(Buffer.from(token, "base64").toString("utf8")) as { offset?: unknown };
      if (typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0) return Math.min(offset, 2 ** 31);
    }
  } catch {
    // falls through to the one answer
  }
  throw invalid("Invalid page token, could not base64-decode");
}

/** One row more than asked for was read: cuts it off and says where the next page begins. */
export function cutPage<T>(rows: T[], maxResults: number, offset: number): { rows: T[]; nextPageToken?: string } {
  if (rows.length <= maxResults) return { rows };
  return { rows: rows.slice(0, maxResults), nextPageToken: writePageToken(offset + maxResults) };
}

/** @throws DomainError `invalid` when it is no whole number in 1..max. */
export function checkMaxResults(maxResults: number | undefined, { max, preset }: { max: number; preset: number }): number {
  const value = maxResults ?? preset;
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw invalid(`Invalid value ${value} for parameter 'max_results' supplied. It must be at least 1 and at most ${max}.`);
  }
  return value;
}
