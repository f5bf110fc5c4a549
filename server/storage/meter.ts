import { DomainError } from "../errors";
import type { PutOptions, StoredSize } from "./types";

/** Counts what passes, and refuses more than is allowed or another size than was said. */
export class Meter {
  sizeBytes = 0;

  constructor(private readonly options: PutOptions = {}) {
    if (options.expectedBytes !== undefined) this.refuseLarge(options.expectedBytes);
  }

  take(chunk: Uint8Array | string): Uint8Array {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.sizeBytes += bytes.byteLength;
    this.refuseLarge(this.sizeBytes);
    return bytes;
  }

  /** At the end, once. @throws DomainError `invalid` when less or more came than was said. */
  finish(): StoredSize {
    const { expectedBytes } = this.options;
    if (expectedBytes !== undefined && expectedBytes !== this.sizeBytes) {
      throw new DomainError("invalid", `${expectedBytes} bytes were said to come and ${this.sizeBytes} came. Nothing was stored.`);
    }
    return { sizeBytes: this.sizeBytes };
  }

  private refuseLarge(sizeBytes: number): void {
    const { maxBytes } = this.options;
    if (maxBytes !== undefined && sizeBytes > maxBytes) {
      throw new DomainError("too_large", `A file may have ${maxBytes} bytes here (FLOWBOOK_MAX_ARTIFACT_BYTES). Nothing was stored.`);
    }
  }
}
