import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { notFound } from "../errors";
import { checkKey } from "./keys";
import { Meter } from "./meter";
import { asStorageError, isMissing } from "./s3-errors";
import type { ByteRange, ByteSource, Freed, OpenedBytes, PutOptions, Storage, StoredObject, StoredSize } from "./types";

export type S3Options = { bucket: string; /** No slash at either end; may be empty. */ prefix: string; endpoint?: string | undefined; region?: string | undefined };

const MiB = 1024 * 1024;
/** Parts of one upload that are in memory at once, beside the one that is being filled. */
const partsAtOnce = 2;
const maxParts = 10_000;

/**
 * Bytes by key in an S3 bucket. An object is there when its put is complete and not before; large ones go up in parts, of which few
 * are in memory. Credentials come from where the AWS SDK looks for them. The SDK is loaded at the first use.
 */
export class S3Storage implements Storage {
  readonly place: string;
  private made: Promise<S3Client> | undefined;

  constructor(private readonly options: S3Options) {
    this.place = `s3://${[options.bucket, options.prefix].filter(Boolean).join("/")}`;
  }

  async put(key: string, source: ByteSource, options: PutOptions = {}): Promise<StoredSize> {
    const at = this.at(key);
    const meter = new Meter(options);
    const client = await this.client();
    const { Upload } = await import("@aws-sdk/lib-storage");
    let failure: unknown;
    let stored: StoredSize | undefined;
    async function* metered() {
      try {
        for await (const chunk of source) yield meter.take(chunk);
        // Before the last part is sent: a source that holds too little must not become an object.
        stored = meter.finish();
      } catch (error) {
        failure = error;
        throw error;
      }
    }
    const upload = new Upload({
      client,
      params: { ...at, Body: Readable.from(metered(), { objectMode: false, highWaterMark: 256 * 1024 }) },
      queueSize: partsAtOnce,
      partSize: partBytes(options.expectedBytes),
      leavePartsOnError: false,
    });
    try {
      await upload.done();
    } catch (error) {
      throw failure ?? asStorageError(error, key);
    }
    if (!stored) throw new Error("an upload was done before its source was read");
    return stored;
  }

  async open(key: string, range?: ByteRange): Promise<OpenedBytes> {
    const { GetObjectCommand } = await import("@aws-sdk/client-s3");
    const answer = await this.call(key, async (client) =>
      client.send(new GetObjectCommand({ ...this.at(key), ...(range ? { Range: `bytes=${range.start}-${range.end}` } : {}) })),
    );
    const { Body: stream } = answer;
    if (!(stream instanceof Readable)) throw new Error("S3 answered without a body");
    const whole = /\/(\d+)$/.exec(answer.ContentRange ?? "")?.[1];
    const pump = async (write: (piece: Uint8Array) => Promise<void>) => {
      for await (const piece of stream) await write(piece as Buffer);
    };
    const close = async () => void stream.destroy();
    return { stream, pump, close, sizeBytes: Number(whole ?? answer.ContentLength ?? 0), ...(range ? { range } : {}) };
  }

  async read(key: string): Promise<Buffer> {
    const { stream } = await this.open(key);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  async size(key: string): Promise<number> {
    const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
    return this.call(key, async (client) => Number((await client.send(new HeadObjectCommand(this.at(key)))).ContentLength ?? 0));
  }

  async exists(key: string): Promise<boolean> {
    return this.size(key).then(
      () => true,
      (error) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
  }

  async remove(keys: string[]): Promise<void> {
    const { DeleteObjectsCommand } = await import("@aws-sdk/client-s3");
    for (let at = 0; at < keys.length; at += 1_000) {
      const batch = keys.slice(at, at + 1_000);
      const answer = await this.call(batch[0] ?? "", async (client) =>
        client.send(new DeleteObjectsCommand({ Bucket: this.options.bucket, Delete: { Objects: batch.map((key) => ({ Key: this.at(key).Key })), Quiet: true } })),
      );
      const failed = answer.Errors?.find((e) => e.Code !== "NoSuchKey");
      if (failed) throw asStorageError(Object.assign(new Error(failed.Message ?? "not removed"), { name: failed.Code ?? "Error" }), failed.Key ?? "");
    }
  }

  async *list({ except }: { except: string[] }): AsyncGenerator<StoredObject[]> {
    const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
    const skip = this.root.length;
    for (let token: string | undefined; ; ) {
      const answer = await this.call("", async (client) =>
        client.send(new ListObjectsV2Command({ Bucket: this.options.bucket, Prefix: this.root, ContinuationToken: token })),
      );
      const page = (answer.Contents ?? []).map((o) => ({ key: (o.Key ?? "").slice(skip), sizeBytes: Number(o.Size ?? 0), modifiedAt: o.LastModified ?? new Date() }));
      // A key that ends with a slash is a folder that some tool has marked so; it holds nothing.
      yield page.filter((o) => o.key !== "" && !o.key.endsWith("/") && !except.some((e) => o.key.startsWith(e)));
      token = answer.NextContinuationToken;
      if (!answer.IsTruncated || !token) return;
    }
  }

  async sweepUnfinished({ before, isDryRun }: { before: Date; isDryRun: boolean }): Promise<Freed> {
    const { AbortMultipartUploadCommand, ListMultipartUploadsCommand } = await import("@aws-sdk/client-s3");
    const freed: Freed = { count: 0, sizeBytes: 0 };
    for (let at: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}; ; ) {
      const answer = await this.call("", async (client) => client.send(new ListMultipartUploadsCommand({ Bucket: this.options.bucket, Prefix: this.root, ...at })));
      for (const upload of answer.Uploads ?? []) {
        if (!upload.Initiated || upload.Initiated >= before) continue;
        if (!isDryRun) {
          await this.call("", async (client) => client.send(new AbortMultipartUploadCommand({ Bucket: this.options.bucket, Key: upload.Key, UploadId: upload.UploadId })));
        }
        freed.count++;
      }
      if (!answer.IsTruncated) return freed;
      at = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker };
    }
  }

  async freeBytes(): Promise<null> {
    return null;
  }

  private get root(): string {
    return this.options.prefix === "" ? "" : `${this.options.prefix}/`;
  }

  private at(key: string) {
    return { Bucket: this.options.bucket, Key: `${this.root}${checkKey(key)}` };
  }

  private async call<T>(key: string, act: (client: S3Client) => Promise<T>): Promise<T> {
    const client = await this.client();
    try {
      return await act(client);
    } catch (error) {
      throw isMissing(error) ? notFound("file", key) : asStorageError(error, key);
    }
  }

  private client(): Promise<S3Client> {
    this.made ??= this.connect();
    return this.made;
  }

  private async connect(): Promise<S3Client> {
    const { S3Client } = await import("@aws-sdk/client-s3");
    const { endpoint, region } = this.options;
    return new S3Client({
      ...(region ? { region } : endpoint ? { region: "us-east-1" } : {}),
      // Other makers' services are reached by paths, and many know no checksums at the end of a body.
      ...(endpoint ? { endpoint, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" } : {}),
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 5_000, httpAgent: { maxSockets: 64, keepAlive: true }, httpsAgent: { maxSockets: 64, keepAlive: true } },
    });
  }
}

/** Small parts keep memory flat; they grow only where ten thousand of them would not hold the file. */
function partBytes(expectedBytes: number | undefined): number {
  if (expectedBytes === undefined) return 8 * MiB;
  return Math.max(5 * MiB, Math.ceil(expectedBytes / (maxParts - 1)));
}
