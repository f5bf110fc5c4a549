import type { Readable } from "node:stream";

export type StoredSize = { sizeBytes: number };
export type ByteRange = { start: number; /** Inclusive, as in HTTP. */ end: number };
/** `sizeBytes` is the whole file's, also when only `range` of it is read. Must be read, by `pump` or as a stream, or closed. */
export type OpenedBytes = {
  readonly stream: Readable;
  /**
   * Hands over one piece after the other, the next when the promise for the last is kept. The pieces are two buffers in turn, used
   * again: a large file then makes no work for the garbage collector, which costs several times the reading.
   */
  pump: (write: (piece: Uint8Array) => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
  sizeBytes: number;
  range?: ByteRange;
};
/** What is to be stored. A source that throws breaks the put off; it is left to its owner then, and not destroyed. */
export type ByteSource = AsyncIterable<Uint8Array | string>;
export type PutOptions = {
  /** What the source says it holds: room is looked for before anything is read, and another size in the end is a failure. */
  expectedBytes?: number | undefined;
  /** A source that goes on past this is refused with `too_large`. */
  maxBytes?: number | undefined;
};
export type StoredObject = { key: string; sizeBytes: number; modifiedAt: Date };
export type Freed = { count: number; sizeBytes: number };

/**
 * Bytes by key. What stands under a key is whole: a put that breaks off leaves nothing under it, and what was there stays.
 * Nothing is ever looked up by listing; the rows of what is stored are the index.
 */
export interface Storage {
  /** Where the bytes are, in words for a person: a folder, or s3://bucket/prefix. */
  readonly place: string;
  /** @throws DomainError `storage_full`, `too_large`, `invalid` for a key that cannot be one, `unavailable`; or what the source threw. */
  put(key: string, source: ByteSource, options?: PutOptions): Promise<StoredSize>;
  /** @throws DomainError `not_found`. */
  open(key: string, range?: ByteRange): Promise<OpenedBytes>;
  /** The whole of a small file, whose size is known. @throws DomainError `not_found`. */
  read(key: string, sizeBytes: number): Promise<Buffer>;
  /** @throws DomainError `not_found`. */
  size(key: string): Promise<number>;
  exists(key: string): Promise<boolean>;
  /** Removes the files of these keys, as many as there are. What is not there is no failure. */
  remove(keys: string[]): Promise<void>;
  /** Every file of the store, in pages, for the clean-up; those whose key begins with one of `except` are left out. */
  list(options: { except: string[] }): AsyncIterable<StoredObject[]>;
  /** Removes what puts that were cut off before `before` left behind. With `isDryRun` it is only counted. */
  sweepUnfinished(options: { before: Date; isDryRun: boolean }): Promise<Freed>;
  /** Free bytes, where that means something; null in S3. */
  freeBytes(): Promise<number | null>;
}
