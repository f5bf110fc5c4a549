import { createHash } from "node:crypto";
import { invalid } from "@/server/errors";
import type { Position, SortKey } from "./keyset";

/*
 * A page token is base64url of {"q": which query it continues, "p": the position of the last row given}. It says nothing that its
 * holder does not know, and a made-up one only names another position, so it is not signed.
 */

/** 32 texts of 8000 characters of 4 bytes each, in base64. */
const maxTokenLength = 2_000_000;
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** What a token is bound to: the kind of search and everything that decides which rows come in which order. */
export const queryHash = (...parts: unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);

export const writePageToken = (hash: string, position: Position): string => Buffer.from(JSON.stringify({ q: hash, p: position })).toString("base64url");

/**
 * The position to go on from; undefined for the first page.
 *
 * @throws DomainError `invalid` for anything that `writePageToken` does not make, or made for another query.
 */
export function readPageToken(token: string | undefined, hash: string, keys: readonly SortKey[]): Position | undefined {
  if (!token) return undefined;
  const parsed = decode(token);
  if (!parsed) throw invalid("Invalid page token, could not base64-decode");
  if ("offset" in parsed) throw invalid("Invalid page token: it was made by another version of this server. Ask for the first page again.");
  if (parsed.q !== hash) throw invalid("Invalid page token: it belongs to another search. Ask for the first page, or repeat the filter, order and experiments that it came with.");
  const { p } = parsed;
  if (!Array.isArray(p) || p.length !== keys.length || !keys.every((key, i) => fits(key, p[i]))) throw invalid("Invalid page token: its position cannot be read. Ask for the first page again.");
  return p as Position;
}

function decode(token: string): { q?: unknown; p?: unknown } | undefined {
  // Padding and the other alphabet too: what older servers made should be named as that.
  if (token.length > maxTokenLength || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(token)) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function fits({ type, isNullable }: SortKey, value: unknown): boolean {
  if (value === null) return isNullable === true;
  if (typeof value !== "string") return false;
  if (type === "text") return value.isWellFormed() && !value.includes("\u0000");
  if (type === "float8") return value === "NaN" || (value.length <= 32 && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value) && Number.isFinite(Number(value)));
  if (!/^-?\d{1,19}$/.test(value)) return false;
  const whole = BigInt(value);
  return whole >= int64.min && whole <= int64.max;
}

/** One row more than asked for was read: cuts it off and says where the next page begins. */
export function cutPage<T extends { position: Position }>(rows: T[], maxResults: number, hash: string): { rows: Omit<T, "position">[]; nextPageToken?: string } {
  const page = rows.slice(0, maxResults);
  const last = page.at(-1);
  const cut = page.map(({ position: _, ...row }) => row);
  return rows.length > maxResults && last ? { rows: cut, nextPageToken: writePageToken(hash, last.position) } : { rows: cut };
}

/** @throws DomainError `invalid` when it is no whole number in 1..max. */
export function checkMaxResults(maxResults: number | undefined, { max, preset }: { max: number; preset: number }): number {
  const value = maxResults ?? preset;
  const bad = (why: string) => invalid(`Invalid value ${value} for parameter 'max_results' supplied. It must be ${why}`);
  if (!Number.isInteger(value) || value < 1) throw bad("a positive integer");
  if (value > max) throw bad(`at most ${max}`);
  return value;
}
