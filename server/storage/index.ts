import { env } from "../env";
import { DiskStorage } from "./disk-storage";
import { S3Storage } from "./s3-storage";
import { SmallReads } from "./small-reads";
import type { Storage } from "./types";

export { DiskStorage } from "./disk-storage";
export { checkKey } from "./keys";
export { type S3Options, S3Storage } from "./s3-storage";
export type { ByteRange, ByteSource, Freed, OpenedBytes, PutOptions, Storage, StoredObject, StoredSize } from "./types";

let opened: Storage | undefined;

/** The artifact store of this process, where FLOWBOOK_ARTIFACTS says: a folder or a bucket. */
export function getStore(): Storage {
  opened ??= openStore();
  return opened;
}

function openStore(): Storage {
  const { artifacts, diskReserveBytes } = env();
  return artifacts.kind === "s3" ? new S3Storage(artifacts) : new DiskStorage(artifacts.dir, { reserveBytes: diskReserveBytes });
}

/** The store by its verbs, for callers that need no instance of their own. */
export const store: Pick<Storage, "put" | "open" | "exists" | "size"> = {
  put: (key, source, options) => getStore().put(key, source, options),
  open: (key, range) => getStore().open(key, range),
  exists: (key) => getStore().exists(key),
  size: (key) => getStore().size(key),
};

const small = new SmallReads({ capBytes: 8 * 1024 * 1024, fileBytes: 64 * 1024 });

export const isSmallFile = (sizeBytes: number): boolean => small.isSmall(sizeBytes);

/** A small file's content, from memory where it was read lately. @throws DomainError `not_found`. */
export async function readSmall(key: string, sizeBytes: number): Promise<Buffer> {
  const held = small.get(key);
  if (held) return held;
  const bytes = await getStore().read(key, sizeBytes);
  small.set(key, bytes);
  return bytes;
}
