import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { limits } from "@/common/limits";
import { env } from "@/server/env";
import { DomainError } from "@/server/errors";
import { store } from "@/server/storage";

/** The limit's own words. */
export const fileTooLarge = (path: string) =>
  new DomainError("too_large", `'${path.slice(0, 200)}' is larger than ${limits.fileBytes / 1024 / 1024} MB, the limit of one file. Keep large data outside the project and fetch it in a step.`);

const keyOf = (sha256: string) => `_flowbook/blobs/${sha256.slice(0, 2)}/${sha256}`;

/** Stores bytes once by content; returns their key. */
export async function putBlob(bytes: Buffer): Promise<string> {
  const key = keyOf(createHash("sha256").update(bytes).digest("hex"));
  if (!(await store.exists(key))) await store.put(key, Readable.from([bytes]));
  return key;
}

export async function readBlob(key: string): Promise<Buffer> {
  const { stream } = await store.open(key);
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export type Received = { kind: "small"; bytes: Buffer } | { kind: "stored"; blobKey: string; sizeBytes: number };

/**
 * Takes a body in: what could be a live text stays in memory, the rest goes to the blob store by way of a temporary file.
 * Nothing is kept of a body that breaks off or passes the limit.
 *
 * @throws DomainError `too_large` that names the limit.
 */
export async function receive(path: string, stream: Readable): Promise<Received> {
  const parts: Buffer[] = [];
  let size = 0;
  // A refusal in the middle must not end the sender's connection: it is still to hear why.
  const iterator = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return { kind: "small", bytes: Buffer.concat(parts) };
    parts.push(value);
    size += value.length;
    if (size > limits.liveTextBytes) break;
  }
  const folder = join(env().dataDir, "tmp");
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `upload-${randomUUID()}`);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      next(sizeBytes > limits.fileBytes ? fileTooLarge(path) : null, chunk);
    },
  });
  async function* whole() {
    yield* parts;
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) return;
      yield value;
    }
  }
  try {
    await pipeline(Readable.from(whole()), count, createWriteStream(temporary, { flags: "wx", mode: 0o600 }));
    const blobKey = keyOf(hash.digest("hex"));
    if (!(await store.exists(blobKey))) await store.put(blobKey, createReadStream(temporary));
    return { kind: "stored", blobKey, sizeBytes };
  } finally {
    // Lets go of the stream, so that what is still sent can be thrown away; not awaited, as a sender may be silent.
    void iterator.return?.();
    await rm(temporary, { force: true });
  }
}
