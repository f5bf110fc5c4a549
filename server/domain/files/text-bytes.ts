import { limits } from "@/common/limits";

export type DecodedText = { text: string; lineEnding: "\n" | "\r\n"; hasBom: boolean };

/** The text that bytes hold, LF inside; null when they are to be kept as a binary file (not UTF-8, a NUL, or too large to be live). */
export function decodeText(bytes: Buffer): DecodedText | null {
  if (bytes.byteLength > limits.liveTextBytes || bytes.includes(0)) return null;
  let raw: string;
  try {
    raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  const hasBom = raw.startsWith("\ufeff");
  if (hasBom) raw = raw.slice(1);
  const crlf = raw.match(/\r\n/g)?.length ?? 0;
  const lf = (raw.match(/\n/g)?.length ?? 0) - crlf;
  return { text: raw.replaceAll("\r\n", "\n"), lineEnding: crlf > lf ? "\r\n" : "\n", hasBom };
}

/** The bytes of a text on its way out: original line ending and byte-order mark restored. */
export function encodeText(file: { text: string; lineEnding: string; hasBom: boolean }): Buffer {
  const body = file.lineEnding === "\r\n" ? file.text.replace(/\r?\n/g, "\r\n") : file.text;
  return Buffer.from(file.hasBom ? `\ufeff${body}` : body, "utf8");
}

/** Bytes of a text on its way out, without making them. */
export function sizeOfText(text: string, lineEnding: string, hasBom: boolean): number {
  let size = Buffer.byteLength(text, "utf8") + (hasBom ? 3 : 0);
  if (lineEnding === "\r\n") size += text.match(/(?<!\r)\n/g)?.length ?? 0;
  return size;
}
