import { invalid } from "../errors";

const maxKeyBytes = 1_600;
const maxSegmentBytes = 240;
const maxSegments = 64;

/**
 * Checks a store key: relative, forward slashes, no empty, `.` or `..` part, no control characters, no backslash.
 *
 * @throws DomainError `invalid`; nothing of the file system has been touched then.
 */
export function checkKey(key: string): string {
  const segments = key.split("/");
  const isBad =
    key.length === 0 ||
    Buffer.byteLength(key) > maxKeyBytes ||
    segments.length > maxSegments ||
    !key.isWellFormed() ||
    /[\u0000-\u001f\u007f\\]/.test(key) ||
    segments.some((s) => s === "" || s === "." || s === ".." || Buffer.byteLength(s) > maxSegmentBytes);
  if (isBad) throw invalid("Invalid path");
  return key;
}
