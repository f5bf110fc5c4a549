import { DomainError } from "../errors";

type AwsError = Error & { code?: string; $metadata?: { httpStatusCode?: number } };

/** Whether S3 (or we, speaking of it) said that there is no such object. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as AwsError;
  if (error instanceof DomainError) return error.kind === "not_found";
  return name === "NoSuchKey" || name === "NotFound" || (name !== "NoSuchBucket" && $metadata?.httpStatusCode === 404);
}

/**
 * What a failure of the S3 service amounts to. It is nothing that a caller of ours could mend, so a client that tries again later is
 * right: `unavailable`, with words for whoever runs the server. `storage_full` where the service says so.
 */
export function asStorageError(error: unknown, key: string): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  const { name, message, $metadata } = error as AwsError;
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 507 || name === "QuotaExceeded" || name === "XMinioStorageFull") return new DomainError("storage_full", "The artifact store is full. Nothing was stored.", { cause: error });
  if (status === 400 && name === "KeyTooLongError") return new DomainError("invalid", "Invalid path", { cause: error });
  const why = status === 403 || /Credential|AccessDenied|Signature/.test(name)
    ? "refuses this server's credentials"
    : name === "NoSuchBucket"
      ? "has no such bucket"
      : "is away";
  return new DomainError("unavailable", `The artifact store ${why}. Nothing was changed; it can be tried again.`, { cause: Object.assign(new Error(`${name}: ${message}`), { key }) });
}
