import { invalid } from "@/server/errors";
import { checkKey } from "@/server/storage";

const scheme = /^mlflow-artifacts:(\/\/[^/]*)?\//;

/** `mlflow-artifacts:/3/<run>/artifacts` → `3/<run>/artifacts`; null for what other stores keep. */
export const keyOfUri = (uri: string): string | null => (scheme.test(uri) ? uri.replace(scheme, "") : null);

/** The folder in the store that an owner's address names; "" for addresses elsewhere, and for places that the store keeps for itself. */
export function rootOfUri(uri: string): string {
  const key = keyOfUri(uri)?.replace(/\/+$/, "") ?? "";
  return /^[._]/.test(key) ? "" : key;
}

/** `a/b/c.txt` → `a/b/`; "" for what lies in the root. */
export const dirOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** What begins with a folder's path (which ends with a slash) comes before this, by bytes. */
export const endOfDir = (dir: string): string => (dir === "" ? "\u{10ffff}" : `${dir.slice(0, -1)}0`);

/**
 * An artifact's path, decoded once by the door. What another decoding would turn into `..`, an absolute path or a backslash is
 * refused, and so are `#` and empty parts.
 *
 * @throws DomainError `invalid`, with MLflow's words "Invalid path".
 */
export function checkArtifactPath(path: string): string {
  let decoded = path;
  for (let i = 0; i < 8; i++) {
    if (isSuspect(decoded)) throw invalid("Invalid path");
    const next = decodeLoosely(decoded);
    if (next === decoded) return checkKey(path);
    decoded = next;
  }
  throw invalid("Invalid path");
}

/** Control characters other than NUL are no fault of a further decoding: older clients name images `cat%step%1%timestamp%1795…`. */
function isSuspect(path: string): boolean {
  return /^[/~]/.test(path) || /^[a-z]:/i.test(path) || /[\\#\u0000]/.test(path) || path.split("/").some((s) => s === ".." || s === ".");
}

/** Percent sequences that are none stay as they are, as in the name `100%.txt`. */
function decodeLoosely(path: string): string {
  return path.replace(/(%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
