import type { Seen } from "./play";

/** The first difference between two answers, in words, or null. What is compared: status, error_code, message, shape and values. */
export function difference(theirs: Seen, ours: Seen, { ownWords = false }: { ownWords?: boolean } = {}): string | null {
  if (theirs.status !== ours.status) return `status ${theirs.status} → ${ours.status} ${brief(ours)}`;
  if (theirs.json !== undefined && ours.json === undefined) return `JSON → ${ours.contentType} ${brief(ours)}`;
  if (theirs.status >= 400 && isError(theirs.json)) {
    const [a, b] = [theirs.json, ours.json];
    if (!isError(b)) return `an error → ${brief(ours)}`;
    if (a.error_code !== b.error_code) return `error_code ${a.error_code} → ${b.error_code} (${String(b.message).slice(0, 200)})`;
    return ownWords || a.message === b.message ? null : `message\n    ${clip(a.message)}\n    ${clip(b.message)}`;
  }
  if (theirs.contentType !== ours.contentType) return `content type ${theirs.contentType} → ${ours.contentType}`;
  if (theirs.disposition !== ours.disposition) return `disposition ${theirs.disposition} → ${ours.disposition}`;
  if (theirs.json === undefined) return theirs.text === ours.text ? null : `text ${JSON.stringify(theirs.text)} → ${JSON.stringify(ours.text)}`;
  return inValues(theirs.json, ours.json, "");
}

function inValues(a: unknown, b: unknown, path: string): string | null {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `${path}: ${a.length} entries → ${b.length}: ${clip(a)} → ${clip(b)}`;
    return first(a.map((v, i) => () => inValues(v, b[i], `${path}[${i}]`)));
  }
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return first(keys.map((key) => () => {
      const at = `${path}.${key}`;
      if (!(key in b)) return `${at} is lacking (theirs: ${clip(a[key])})`;
      if (!(key in a)) return `${at} is too much: ${clip(b[key])}`;
      return inValues(a[key], b[key], at);
    }));
  }
  if (Object.is(a, b) || (a === 0 && b === 0)) return null;
  return typeof a === typeof b ? `${path}: ${clip(a)} → ${clip(b)}` : `${path}: ${typeof a} ${clip(a)} → ${typeof b} ${clip(b)}`;
}

function first(looks: (() => string | null)[]): string | null {
  for (const look of looks) {
    const found = look();
    if (found) return found;
  }
  return null;
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);
const isError = (v: unknown): v is { error_code: unknown; message: unknown } => isObject(v) && "error_code" in v;
const clip = (v: unknown) => (JSON.stringify(v) ?? "nothing").slice(0, 600);
const brief = (s: Seen) => clip(s.json ?? s.text).slice(0, 300);
