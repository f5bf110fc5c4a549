/**
 * The contents of small files that were read last, by key. A key's content never changes, so what is here is never old; a file that
 * is gone is not asked for, as its row is.
 */
export class SmallReads {
  private readonly held = new Map<string, Buffer>();
  private heldBytes = 0;

  constructor(private readonly options: { /** Of all together. */ capBytes: number; /** Of one file. */ fileBytes: number }) {}

  isSmall(sizeBytes: number): boolean {
    return sizeBytes <= this.options.fileBytes;
  }

  get(key: string): Buffer | undefined {
    const bytes = this.held.get(key);
    if (bytes) {
      this.held.delete(key);
      this.held.set(key, bytes);
    }
    return bytes;
  }

  set(key: string, bytes: Buffer): void {
    if (!this.isSmall(bytes.byteLength) || this.held.has(key)) return;
    this.held.set(key, bytes);
    this.heldBytes += bytes.byteLength;
    for (const [oldest, old] of this.held) {
      if (this.heldBytes <= this.options.capBytes) return;
      this.held.delete(oldest);
      this.heldBytes -= old.byteLength;
    }
  }
}
