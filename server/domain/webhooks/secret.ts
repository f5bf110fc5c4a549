import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "@/server/env";

/* A webhook's secret has to be known to sign with, so it is kept encrypted; its key is a file beside the database, not in it. */

let cachedKey: Buffer | undefined;

/** Made once by whoever comes first. */
function key(): Buffer {
  const dir = join(env().dataDir, "secrets");
  const path = join(dir, "webhooks");
  const read = () => Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const made = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(made, randomBytes(32).toString("hex"), { mode: 0o600 });
  try {
    // A link fails where a rename would replace: the first one stays.
    linkSync(made, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return read();
}

/** AES-256-GCM: nonce, tag, text. Bound to its webhook: moved to another row it does not open. */
export function sealSecret(webhookId: string, secret: string): Uint8Array<ArrayBuffer> {
  cachedKey ??= key();
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", cachedKey, nonce).setAAD(Buffer.from(webhookId));
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return new Uint8Array([...nonce, ...cipher.getAuthTag(), ...text]);
}

/** @throws Error when the key is another one, or the bytes are not this webhook's. */
export function openSecret(webhookId: string, sealed: Uint8Array): string {
  cachedKey ??= key();
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv("aes-256-gcm", cachedKey, bytes.subarray(0, 12)).setAAD(Buffer.from(webhookId)).setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
}
