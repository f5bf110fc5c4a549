import type { IncomingMessage } from "node:http";
import { pythonFloat } from "@/common/mlproject/python-str";
import { DomainError, invalid } from "../errors";

const asMiB = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;

/** Refuses by the announced length, before a byte is read. @throws DomainError `too_large` that names the limit. */
export function checkLength(req: IncomingMessage, maxBytes: number, what: string): void {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(what, maxBytes);
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw invalid(`A body with Content-Encoding '${encoding.slice(0, 40)}' is not read. Send it as it is.`);
}

/** The whole body. @throws DomainError `too_large` that names the limit. */
export async function readRaw(req: IncomingMessage, maxBytes: number, what: string): Promise<Buffer> {
  checkLength(req, maxBytes, what);
  const parts: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not end the connection: the refusal is still to be sent.
  for await (const part of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(what, maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * The body as JSON, whatever its content type says (curl's default says a form); none at all is `{}`.
 * isPythonText: for bodies with values that become a command line.
 *
 * @throws DomainError `invalid`, `too_large`.
 */
export async function readJson(req: IncomingMessage, maxBytes: number, options: { isPythonText?: boolean } = {}): Promise<unknown> {
  const bytes = await readRaw(req, maxBytes, "The JSON body");
  if (bytes.length === 0) return {};
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("The body is not UTF-8. Send JSON as UTF-8.");
  }
  try {
    return JSON.parse(options.isPythonText ? numbersAsPythonText(text) : text) as unknown;
  } catch (error) {
    throw invalid(`The body is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : "it cannot be read"}`);
  }
}

/** A string that never ends is one token as well: tried again from each quote inside it, it would cost the square of its length. */
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Writes the numbers that JavaScript cannot keep (1.0 is not 1 in Python, 12345678901234567890 is no double) as the text that
 * Python would print.
 */
function numbersAsPythonText(json: string): string {
  return json.replace(token, (t) => {
    if (t.startsWith('"')) return t;
    if (/[.eE]/.test(t)) return JSON.stringify(pythonFloat(Number(t)));
    return t.length < 16 ? t : JSON.stringify(t);
  });
}

const tooLarge = (what: string, maxBytes: number) => new DomainError("too_large", `${what} is larger than ${asMiB(maxBytes)}, the limit.`);
